//! Raster images.

use pdf_writer::types::Predictor;
use pdf_writer::writers::ImageXObject;
use pdf_writer::{Filter, Finish, Name, Ref};

use super::content::{ContentWriter, push_lengths};
use super::objects::Objects;
use crate::error::RenderError;
use crate::images::{Coding, ColorSpace, PreparedImage, Samples};
use crate::length::Length;
use crate::scene::PlacedImage;

impl ContentWriter<'_, '_> {
    pub(super) fn image(&mut self, placed: &PlacedImage) -> Result<(), RenderError> {
        let object = self.document.image(placed.image)?;
        self.save();
        let out = self.graphics();
        if let Some(crop) = placed.crop {
            push_lengths(out, &[crop.x, crop.y, crop.width, crop.height]);
            out.extend_from_slice(b"re W n\n");
        }
        // The unit square that an image fills has its y upwards.
        let place = placed.place;
        push_lengths(
            out,
            &[place.width, Length::ZERO, Length::ZERO, -place.height],
        );
        push_lengths(out, &[place.x, place.bottom()]);
        out.extend_from_slice(b"cm\n");
        self.draw_object(object);
        self.restore();
        Ok(())
    }
}

/// Writes an image, and its soft mask if it has one; returns the image's object.
pub(super) fn write(objects: &mut Objects, image: &PreparedImage) -> Ref {
    let object = objects.allocate();
    let mask = image
        .soft_mask()
        .map(|samples| (objects.allocate(), samples));
    let mut color = begin(objects, object, image, image.color());
    if let Some((mask, _)) = mask {
        color.s_mask(mask);
    }
    color.finish();
    if let Some((mask, samples)) = mask {
        begin(objects, mask, image, samples).finish();
    }
    object
}

fn begin<'c>(
    objects: &'c mut Objects,
    object: Ref,
    image: &PreparedImage,
    samples: &'c Samples,
) -> ImageXObject<'c> {
    // Sides are bounded far below what an i32 holds.
    let (width, height) = (
        image.width_px().cast_signed(),
        image.height_px().cast_signed(),
    );
    let bits = i32::from(samples.bits);
    let mut xobject = objects.begin(object).image_xobject(object, &samples.data);
    xobject.width(width).height(height).bits_per_component(bits);
    let channels = match &samples.space {
        ColorSpace::Gray => {
            xobject.color_space().device_gray();
            1
        }
        ColorSpace::Rgb => {
            xobject.color_space().device_rgb();
            3
        }
        ColorSpace::Cmyk { inverted } => {
            xobject.color_space().device_cmyk();
            if *inverted {
                xobject.decode([1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0]);
            }
            4
        }
        ColorSpace::Palette(palette) => {
            let last = (palette.len() / 3).clamp(1, 256) as i32 - 1;
            xobject
                .color_space()
                .indexed(Name(b"DeviceRGB"), last, palette);
            1
        }
    };
    match samples.coding {
        Coding::Jpeg => {
            xobject.filter(Filter::DctDecode);
        }
        Coding::PngRows => {
            xobject.filter(Filter::FlateDecode);
            xobject
                .decode_parms()
                .predictor(Predictor::PngOptimum)
                .colors(channels)
                .bits_per_component(bits)
                .columns(width);
        }
    }
    xobject
}
