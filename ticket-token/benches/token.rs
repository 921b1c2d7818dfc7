//! `cargo bench -p ticket-token`: what a token costs, part by part.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use ticket_token::{
    Claims, EventNumber, Extra, MacKey, Serial, SigningKey, TicketType, UnixTime, VerifyingKey,
    decode_qr_text, encode_qr_text, parse, seal_mac, sign,
};

fn bench_token(criterion: &mut Criterion) {
    let claims = Claims {
        expires: UnixTime(1_830_297_600),
        event: EventNumber(42),
        serial: Serial(1_001),
        ticket_type: TicketType(3),
        extra: Extra::None,
    };
    let Ok(key) = SigningKey::from_seed(&[7; 32]) else {
        return;
    };
    let verifying_key = VerifyingKey::new(&key.public_key());
    let mac_key = MacKey::derive(b"a secret that only the host knows", "demo");
    let token = sign(&claims, &key);
    let text = token.qr_text();
    let Ok(parsed) = parse(token.cose()) else {
        return;
    };

    let mut group = criterion.benchmark_group("token");
    group.bench_function("sign", |b| b.iter(|| sign(black_box(&claims), &key)));
    group.bench_function("seal_mac", |b| {
        b.iter(|| seal_mac(black_box(&claims), &mac_key));
    });
    group.bench_function("encode_qr_text", |b| {
        b.iter(|| encode_qr_text(black_box(token.cose())));
    });
    group.bench_function("decode_qr_text", |b| {
        b.iter(|| decode_qr_text(black_box(&text)));
    });
    group.bench_function("parse", |b| b.iter(|| parse(black_box(token.cose()))));
    group.bench_function("verify", |b| {
        b.iter(|| black_box(&parsed).verify(&verifying_key));
    });
    group.bench_function("whole_check", |b| {
        b.iter(|| {
            let cose = decode_qr_text(black_box(&text)).ok()?;
            Some(parse(&cose).ok()?.verify(&verifying_key))
        });
    });
    group.finish();
}

criterion_group!(benches, bench_token);
criterion_main!(benches);
