//! What pages cost as PNG and as SVG.

#[path = "../tests/sample/mod.rs"]
mod sample;

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use ticket_render::png::{self, PngOptions};
use ticket_render::svg;

fn pages(bench: &mut Criterion) {
    let assets = sample::assets();
    let ticket = sample::ticket(&assets);
    let rich = sample::rich(&assets);
    for (name, scene) in [
        ("ticket of 20 items", &ticket),
        ("page that has everything", &rich),
    ] {
        for dpi in [150, 300] {
            let options = PngOptions { dpi };
            let bytes = png::render(scene, 0, &assets, &options).unwrap().len();
            bench.bench_function(
                &format!("png: {name}, A6 at {dpi} dpi, {bytes} bytes"),
                |bencher| {
                    bencher.iter(|| png::render(black_box(scene), 0, &assets, &options));
                },
            );
        }
        let bytes = svg::render(scene, 0, &assets).unwrap().len();
        bench.bench_function(&format!("svg: {name}, {bytes} bytes"), |bencher| {
            bencher.iter(|| svg::render(black_box(scene), 0, &assets));
        });
    }
    let mut blank = ticket.clone();
    blank.pages[0].elements.clear();
    bench.bench_function("png: nothing, A6 at 300 dpi", |bencher| {
        bencher.iter(|| png::render(black_box(&blank), 0, &assets, &PngOptions { dpi: 300 }));
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default().measurement_time(Duration::from_secs(3));
    targets = pages
}
criterion_main!(benches);
