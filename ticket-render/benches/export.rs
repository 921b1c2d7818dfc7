//! What each part of an export costs.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use ticket_render::codes::qr::{self, ErrorCorrection};

/// As long as a standard token.
const TOKEN: &str = "TK1:6BF+70R$E%6Y$CKWEM-DXVD1ECYUPF*N FVNT4RO4+Q9AECPQ6UQ6YM6XEDJPC.S90LEC$CTVD%ZCG8F*UPC9E-3E2VC\
G7F-ED%96$9EZUESUETVD33F7:9N6A:H9$KE-9F4%6NPCC%6-O9EL6I2V";

fn codes(bench: &mut Criterion) {
    assert_eq!(TOKEN.len(), 154);
    bench.bench_function("qr encode, 154 characters at M", |bencher| {
        bencher.iter(|| qr::encode(black_box(TOKEN), ErrorCorrection::Medium));
    });
    if let Ok(symbol) = qr::encode(TOKEN, ErrorCorrection::Medium) {
        bench.bench_function("qr rectangles", |bencher| {
            bencher.iter(|| black_box(&symbol).rectangles());
        });
        println!("{} rectangles", symbol.rectangles().len());
    }
}

criterion_group!(benches, codes);
criterion_main!(benches);
