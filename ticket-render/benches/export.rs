//! What each part of an export costs.

#[path = "../tests/sample/mod.rs"]
mod sample;

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use ticket_render::codes::qr::{self, ErrorCorrection};
use ticket_render::pdf::{self, Aim, PdfOptions};

fn codes(bench: &mut Criterion) {
    let token = sample::token();
    bench.bench_function("qr: encode 154 characters at M", |bencher| {
        bencher.iter(|| qr::encode(black_box(&token), ErrorCorrection::Medium));
    });
    let symbol = qr::encode(&token, ErrorCorrection::Medium).unwrap();
    bench.bench_function("qr: rectangles", |bencher| {
        bencher.iter(|| black_box(&symbol).rectangles());
    });
}

fn pages(bench: &mut Criterion) {
    let assets = sample::assets();
    let options = PdfOptions::default();
    let mut ticket = sample::ticket(&assets);
    let bytes = pdf::render(&ticket, &assets, &options).unwrap().len();
    bench.bench_function(
        &format!("pdf: ticket of 20 items, {bytes} bytes"),
        |bencher| {
            bencher.iter(|| pdf::render(black_box(&ticket), &assets, &options));
        },
    );
    let small = PdfOptions { aim: Aim::Size };
    let bytes = pdf::render(&ticket, &assets, &small).unwrap().len();
    bench.bench_function(
        &format!("pdf: the same made small, {bytes} bytes"),
        |bencher| {
            bencher.iter(|| pdf::render(black_box(&ticket), &assets, &small));
        },
    );
    ticket.pages[0].elements.pop();
    bench.bench_function("pdf: the same without its code", |bencher| {
        bencher.iter(|| pdf::render(black_box(&ticket), &assets, &options));
    });
    let rich = sample::rich(&assets);
    bench.bench_function("pdf: a page that has everything", |bencher| {
        bencher.iter(|| pdf::render(black_box(&rich), &assets, &options));
    });
}

criterion_group!(benches, codes, pages);
criterion_main!(benches);
