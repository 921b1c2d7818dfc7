//! Groups: transform, clip, opacity.

use pdf_writer::{Filter, Finish, Rect};

use super::content::ContentWriter;
use super::shape::push_outline;
use crate::decimal::push_integer;
use crate::deflate::zlib;
use crate::error::RenderError;
use crate::length::Length;
use crate::scene::Group;
use crate::transform::{Transform, bounds};

impl ContentWriter<'_, '_> {
    pub(super) fn group(&mut self, group: &Group) -> Result<(), RenderError> {
        match group.opacity {
            0 => Ok(()),
            u8::MAX => {
                self.save();
                self.inside_of(group)?;
                self.restore();
                Ok(())
            }
            opacity => self.translucent(group, opacity),
        }
    }

    fn inside_of(&mut self, group: &Group) -> Result<(), RenderError> {
        let transform = Transform::of_group(group);
        if transform != Transform::IDENTITY {
            self.concatenate(transform);
            self.to_page = self.to_page.after(transform);
        }
        if let Some(clip) = &group.clip {
            let out = self.graphics();
            push_outline(out, clip);
            out.extend_from_slice(b"W n\n");
        }
        self.elements(&group.elements)
    }

    /// The group is painted by itself, and the picture then laid over the page.
    fn translucent(&mut self, group: &Group, opacity: u8) -> Result<(), RenderError> {
        let mut inner = ContentWriter::new(self.document, self.to_page);
        inner.inside_of(group)?;
        let to_page = self.to_page;
        let painted = inner.finish();
        self.links.extend(painted.links);
        let data = zlib(&painted.content, self.document.effort);
        let object = self.document.objects.allocate();
        let place = self.document.objects.begin(object);
        let mut form = place.form_xobject(object, &data);
        form.filter(Filter::FlateDecode);
        form.bbox(visible_box(to_page));
        form.group().transparency().isolated(false).knockout(false);
        painted.resources.write(&mut form.resources());
        form.finish();
        self.save();
        self.set_opacity(opacity);
        self.draw_object(object);
        self.restore();
        Ok(())
    }

    fn set_opacity(&mut self, opacity: u8) {
        let object = self.document.opacity(opacity);
        self.resources.add_opacity(opacity, object);
        let out = self.graphics();
        out.extend_from_slice(b"/G");
        push_integer(out, i64::from(opacity));
        out.extend_from_slice(b" gs\n");
    }
}

/// A box, in the coordinates that go to the page by `to_page`, that contains the largest page.
fn visible_box(to_page: Transform) -> Rect {
    let side = f64::from(super::MAX_SIDE.to_emu());
    // A background does not know the page's bleed, so there is room on each side.
    let page = [(-side, -side), (side, -side), (side, side), (-side, side)];
    let back = to_page.inverse().unwrap_or(Transform::IDENTITY);
    let (left, top, right, bottom) = bounds(&page.map(|(x, y)| back.apply(x, y)));
    let points = |emu: f64| (emu / f64::from(Length::pt(1).to_emu())).round() as f32;
    Rect::new(points(left), points(top), points(right), points(bottom))
}
