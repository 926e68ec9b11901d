//! QR codes of links, for a page and for a terminal.

use qrcode::QrCode;
use qrcode::render::svg;
use qrcode::render::unicode::Dense1x2;

use crate::types::error::Internal;
use crate::types::secret::Secret;

/// Smallest width and height of the drawing, in pixels of a page.
const SIDE: u32 = 240;

/// A link as a drawing in SVG, black on white with the quiet edge that cameras need. Whoever sees it has
/// the link, so it is as secret.
pub fn svg(link: &Secret) -> Result<Secret, Internal> {
    let drawing = code(link)?
        .render::<svg::Color<'_>>()
        .min_dimensions(SIDE, SIDE)
        .build();
    Ok(Secret::new(drawing))
}

/// A link as lines of text.
///
/// `Why:` light modules are drawn, dark ones left out: right on the dark ground most terminals have, and
/// read by most cameras on a light one too.
pub fn for_terminal(link: &Secret) -> Result<Secret, Internal> {
    let drawing = code(link)?
        .render::<Dense1x2>()
        .dark_color(Dense1x2::Light)
        .light_color(Dense1x2::Dark)
        .build();
    Ok(Secret::new(drawing))
}

fn code(link: &Secret) -> Result<QrCode, Internal> {
    let drawn = QrCode::new(link.expose().as_bytes());
    drawn.map_err(Internal::while_doing("drawing a link as a QR code"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_drawn_without_its_text() {
        let link = Secret::new("https://id.example.org/reset/gJ0x".to_owned());
        let drawing = svg(&link).expect("drawn");
        assert!(
            drawing.expose().starts_with("<?xml"),
            "{}",
            drawing.expose()
        );
        assert!(drawing.expose().contains("<svg") && drawing.expose().contains("</svg>"));
        assert!(!drawing.expose().contains("<script") && !drawing.expose().contains("gJ0x"));
        let other = Secret::new("https://id.example.org/reset/gJ0y".to_owned());
        assert_ne!(svg(&other).expect("drawn"), drawing);
        assert!(for_terminal(&link).expect("drawn").expose().lines().count() > 10);
    }

    #[test]
    fn what_is_too_long_for_a_code_is_refused() {
        assert!(svg(&Secret::new("x".repeat(5_000))).is_err());
    }
}
