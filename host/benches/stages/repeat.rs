//! `stages repeat STAGE TIMES`: one stage again and again, without a clock, for programs that count
//! instructions. Counts of two runs, one longer than the other, differ by what the stage takes.

use std::hint::black_box;

use ticket_render::codes::qr::{self, ErrorCorrection};
use ticket_render::pdf::{self, Aim, PdfOptions};
use ticket_render::svg;
use ticket_token::sign;

use super::{GuestWorks, TicketWorks, claims};

/// What the command line asks for.
pub struct Repeat {
    stage: String,
    times: u32,
}

impl Repeat {
    /// `None` when all stages are to be measured.
    pub fn asked() -> Option<Self> {
        let mut arguments = std::env::args().skip_while(|argument| argument != "repeat");
        arguments.next()?;
        let stage = arguments.next().expect("`repeat` is followed by a stage");
        let times = arguments.next().and_then(|times| times.parse().ok());
        Some(Self {
            stage,
            times: times.expect("the stage is followed by a number"),
        })
    }

    pub fn run(&self, works: &TicketWorks, guest: &GuestWorks) {
        let (order, code) = works.order(1_001, "Grace Hopper");
        let laid_out = works.template.lay_out(&order, &code).expect("it lays out");
        let (scene, assets) = (&laid_out.scene, &laid_out.assets);
        let options = PdfOptions { aim: Aim::Speed };
        let token = sign(&claims(1_001), &works.key).qr_text();
        match self.stage.as_str() {
            "sign" => self.each(|serial| sign(&claims(serial), &works.key)),
            "qr" => self.each(|_| qr::encode(black_box(&token), ErrorCorrection::Medium)),
            "values" => self.each(|_| guest.fill(&order)),
            "sandbox" => self.each(|_| guest.layout()),
            "layout" => self.each(|_| works.template.lay_out(&order, &code).is_ok()),
            "pdf" => self.each(|_| pdf::render(scene, assets, &options)),
            "svg" => self.each(|_| svg::render(scene, 0, assets)),
            "ticket" => self.each(|serial| works.pdf(serial, "Grace Hopper", Aim::Speed)),
            other => panic!("there is no stage {other}"),
        }
    }

    fn each<Made>(&self, mut act: impl FnMut(u32) -> Made) {
        for serial in 0..self.times {
            black_box(act(serial));
        }
    }
}
