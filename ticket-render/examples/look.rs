#[path = "../tests/sample/mod.rs"]
mod sample;
fn main() {
    let a = sample::assets();
    for (n, s) in [("rich", sample::rich(&a)), ("ticket", sample::ticket(&a))] {
        std::fs::write(
            format!("/tmp/raster_{n}.png"),
            ticket_render::png::render(&s, 0, &a, &ticket_render::png::PngOptions { dpi: 200 })
                .unwrap(),
        )
        .unwrap();
        std::fs::write(
            format!("/tmp/raster_{n}.svg"),
            ticket_render::svg::render(&s, 0, &a).unwrap(),
        )
        .unwrap();
        std::fs::write(
            format!("/tmp/raster_{n}.pdf"),
            ticket_render::pdf::render(&s, &a, &Default::default()).unwrap(),
        )
        .unwrap();
    }
}
