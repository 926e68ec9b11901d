//! Colours that can be read: the operator's accent, moved as far as contrast needs.

use std::fmt;

/// `Source:` WCAG 2.2, 1.4.3: the least contrast of text.
const READABLE: f64 = 4.5;
/// What stands behind text and buttons: pages and mails, light and dark.
const LIGHT_SURFACE: Colour = Colour([0xf1, 0xf3, 0xf7]);
const DARK_SURFACE: Colour = Colour([0x1b, 0x21, 0x2b]);
const WHITE: Colour = Colour([0xff; 3]);
const INK: Colour = Colour([0x0d, 0x16, 0x26]);

/// Red, green, blue. Shown as `#rrggbb`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour([u8; 3]);

/// A colour for links and buttons, and that of the words on a button.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shade {
    /// Of links and buttons.
    pub accent: Colour,
    /// Of what stands on a button.
    pub on_accent: Colour,
}

/// The accent on light and on dark surfaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accent {
    /// By day.
    pub light: Shade,
    /// By night.
    pub dark: Shade,
}

impl Colour {
    /// Reads `#rrggbb`.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#')?;
        if digits.len() != 6 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let [_, red, green, blue] = u32::from_str_radix(digits, 16).ok()?.to_be_bytes();
        Some(Self([red, green, blue]))
    }

    /// `Source:` WCAG 2.2, relative luminance.
    fn luminance(self) -> f64 {
        let [red, green, blue] = self.0.map(|part| {
            let part = f64::from(part) / 255.0;
            if part <= 0.040_45 {
                part / 12.92
            } else {
                ((part + 0.055) / 1.055).powf(2.4)
            }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    fn contrast(self, other: Self) -> f64 {
        let (one, two) = (self.luminance() + 0.05, other.luminance() + 0.05);
        (one / two).max(two / one)
    }

    /// One step of 32 towards another.
    fn towards(self, goal: Self) -> Self {
        let mut mixed = self;
        for (part, goal) in mixed.0.iter_mut().zip(goal.0) {
            let step = (i16::from(goal) - i16::from(*part)) / 32;
            let least = i16::from(goal).cmp(&i16::from(*part)) as i16;
            let moved = i16::from(*part) + if step == 0 { least } else { step };
            *part = u8::try_from(moved).unwrap_or(goal);
        }
        mixed
    }

    /// Moved towards `end` until it can be read on the surface.
    fn readable_on(self, surface: Self, end: Self) -> Self {
        let mut colour = self;
        while colour.contrast(surface) < READABLE && colour != end {
            colour = colour.towards(end);
        }
        colour
    }

    fn shade(self) -> Shade {
        let on_accent = if self.contrast(WHITE) >= self.contrast(INK) {
            WHITE
        } else {
            INK
        };
        Shade {
            accent: self,
            on_accent,
        }
    }
}

impl Accent {
    /// From the operator's colour: darker by day, lighter by night, where contrast needs it.
    pub fn of(colour: Colour) -> Self {
        Self {
            light: colour.readable_on(LIGHT_SURFACE, INK).shade(),
            dark: colour.readable_on(DARK_SURFACE, WHITE).shade(),
        }
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(formatter, "#{red:02x}{green:02x}{blue:02x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_digits_are_a_colour_and_nothing_else_is() {
        assert_eq!(Colour::parse("#1F4fa3").unwrap().to_string(), "#1f4fa3");
        for text in ["", "1f4fa3", "#fff", "#1f4fa", "#1f4fag", "red", "#+f4fa3"] {
            assert_eq!(Colour::parse(text), None, "{text}");
        }
    }

    #[test]
    fn every_accent_can_be_read_by_day_and_by_night() {
        for text in [
            "#000000", "#ffffff", "#ffff00", "#0000ff", "#ff0000", "#808080", "#1f4fa3", "#f1f3f7",
        ] {
            let accent = Accent::of(Colour::parse(text).unwrap());
            for (shade, surface) in [(accent.light, LIGHT_SURFACE), (accent.dark, DARK_SURFACE)] {
                assert!(
                    shade.accent.contrast(surface) >= READABLE,
                    "{text} {shade:?}"
                );
                assert!(
                    shade.on_accent.contrast(shade.accent) >= READABLE,
                    "{text} {shade:?}"
                );
            }
        }
    }

    #[test]
    fn a_readable_accent_stays_as_it_is() {
        let own = Colour::parse("#1f4fa3").unwrap();
        assert_eq!(Accent::of(own).light.accent, own);
    }
}
