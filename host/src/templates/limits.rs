//! Every bound that a template meets, with its name, default and maximum.
//!
//! The names are public: they stand in error answers, in reports and in the table of
//! `docs/TEMPLATES.md`.

use std::time::Duration;

use thiserror::Error;

const MIB: u64 = 1024 * 1024;

/// One bound: how it is called, what it is unless configured, and how far it may be raised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitRule {
    /// Name in configuration, answers and documents; its unit is part of it.
    pub name: &'static str,
    /// Value unless configured.
    pub default: u64,
    /// Largest value that configuration may ask for.
    pub maximum: u64,
    /// What it bounds, for people.
    pub meaning: &'static str,
}

macro_rules! template_limits {
    ($($field:ident = $default:expr, at most $maximum:expr, $meaning:literal;)*) => {
        /// What one template may use and return. Build it with [`TemplateLimits::default`] and
        /// [`TemplateLimits::set`]; a value is never above its maximum.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct TemplateLimits {
            $(#[doc = $meaning] pub(super) $field: u64,)*
        }

        impl Default for TemplateLimits {
            fn default() -> Self {
                Self { $($field: $default,)* }
            }
        }

        impl TemplateLimits {
            /// All bounds in the order of the documentation.
            pub const RULES: &'static [LimitRule] = &[
                $(LimitRule {
                    name: stringify!($field),
                    default: $default,
                    maximum: $maximum,
                    meaning: $meaning,
                },)*
            ];

            /// The value in force of the bound with that name.
            pub fn get(&self, name: &str) -> Option<u64> {
                match name {
                    $(stringify!($field) => Some(self.$field),)*
                    _ => None,
                }
            }

            /// Changes one bound.
            ///
            /// # Errors
            /// An unknown name, zero, or a value above the maximum.
            pub fn set(&mut self, name: &str, value: u64) -> Result<(), LimitError> {
                match name {
                    $(stringify!($field) => {
                        check_value(name, value, $maximum)?;
                        self.$field = value;
                        Ok(())
                    })*
                    _ => Err(LimitError::Unknown { name: name.to_owned() }),
                }
            }
        }
    };
}

template_limits! {
    fuel = 100_000_000, at most 20_000_000_000,
        "Units of work of one `layout`; about one per WebAssembly instruction, one per byte of a bulk copy.";
    prepare_fuel = 500_000_000, at most 100_000_000_000,
        "Units of work of one `prepare`, which runs once per template version.";
    deadline_ms = 2_000, at most 60_000,
        "Wall-clock backstop of one `layout` in milliseconds; passing it means that the host is overloaded.";
    prepare_deadline_ms = 10_000, at most 120_000,
        "Wall-clock backstop of one `prepare` in milliseconds.";
    memory_bytes = 64 * MIB, at most 1024 * MIB,
        "Bytes over all linear memories of one instance.";
    table_elements = 200_000, at most 1_000_000,
        "Elements over all tables of one instance.";
    returned_bytes = 24 * MIB, at most 256 * MIB,
        "Bytes that one answer may occupy in the host, counted while it is copied out of the guest.";
    settings_bytes = MIB, at most 16 * MIB,
        "Bytes of an organizer's settings.";
    state_bytes = MIB, at most 16 * MIB,
        "Bytes of state that `prepare` hands to every `layout`.";
    backgrounds = 64, at most 1_000,
        "Backgrounds that `prepare` may define.";
    pages = 20, at most 500,
        "Pages of one document.";
    items = 5_000, at most 100_000,
        "Items over all pages of one document, group ends included.";
    group_depth = 16, at most 64,
        "Depth to which groups may be nested.";
    path_segments = 50_000, at most 1_000_000,
        "Path segments over all pages of one document.";
    text_bytes = 256 * 1024, at most 16 * MIB,
        "Bytes of text over all pages of one document, UTF-8.";
    image_pixels = 16_000_000, at most 200_000_000,
        "Pixels of all images that one document shows.";
    notes = 100, at most 1_000,
        "Notes to the author in one answer; later ones are dropped and counted.";
    problems = 100, at most 1_000,
        "Problems that one answer reports; later ones are dropped and counted.";
    upload_bytes = 32 * MIB, at most 256 * MIB,
        "Bytes of an uploaded component or core module.";
    compile_cpu_s = 3, at most 600,
        "CPU seconds for compiling, to which `compile_cpu_s_per_mib` adds.";
    compile_cpu_s_per_mib = 4, at most 60,
        "CPU seconds for compiling for each begun MiB of upload.";
    compile_memory_mib = 512, at most 16_384,
        "Address space for compiling in MiB, to which `compile_memory_mib_per_mib` adds.";
    compile_memory_mib_per_mib = 64, at most 1_024,
        "Address space for compiling in MiB for each begun MiB of upload.";
}

impl TemplateLimits {
    /// The bounds that are not at their defaults, in the order of the documentation.
    pub fn changes(&self) -> Vec<(&'static str, u64)> {
        Self::RULES
            .iter()
            .filter_map(|rule| {
                let value = self.get(rule.name)?;
                (value != rule.default).then_some((rule.name, value))
            })
            .collect()
    }
}

/// Why a bound cannot be set so.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LimitError {
    /// There is no bound of that name.
    #[error("there is no template limit named `{name}`")]
    Unknown {
        /// The name asked for.
        name: String,
    },
    /// The value is not allowed.
    #[error("template limit `{name}` must be between 1 and {maximum}, not {value}")]
    OutOfRange {
        /// Name of the bound.
        name: String,
        /// The value asked for.
        value: u64,
        /// The largest value allowed.
        maximum: u64,
    },
}

fn check_value(name: &str, value: u64, maximum: u64) -> Result<(), LimitError> {
    if value == 0 || value > maximum {
        return Err(LimitError::OutOfRange {
            name: name.to_owned(),
            value,
            maximum,
        });
    }
    Ok(())
}

/// What the compiling child may use for one upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CompileBudget {
    /// CPU seconds.
    pub cpu_seconds: u64,
    /// Address space in bytes.
    pub address_space_bytes: u64,
    /// When the parent gives up on a child that neither works nor ends.
    pub wall_clock: Duration,
}

impl TemplateLimits {
    /// The compile budget of an upload of so many bytes.
    pub fn compile_budget(&self, upload_bytes: u64) -> CompileBudget {
        let mib = upload_bytes.div_ceil(MIB);
        let cpu_seconds = self
            .compile_cpu_s
            .saturating_add(self.compile_cpu_s_per_mib.saturating_mul(mib));
        let memory_mib = self
            .compile_memory_mib
            .saturating_add(self.compile_memory_mib_per_mib.saturating_mul(mib));
        CompileBudget {
            cpu_seconds,
            address_space_bytes: memory_mib.saturating_mul(MIB),
            // CPU time decides; the wall clock only catches a child that sleeps, and leaves room
            // for a machine that is shared by many.
            wall_clock: Duration::from_secs(cpu_seconds.saturating_mul(8).saturating_add(20)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_within_their_maxima_and_named() {
        let limits = TemplateLimits::default();
        for rule in TemplateLimits::RULES {
            assert!(
                rule.default > 0 && rule.default <= rule.maximum,
                "{}",
                rule.name
            );
            assert_eq!(limits.get(rule.name), Some(rule.default));
        }
    }

    #[test]
    fn a_value_above_the_maximum_is_refused_by_name() {
        let mut limits = TemplateLimits::default();
        let error = limits.set("pages", 501).unwrap_err();
        assert_eq!(
            error.to_string(),
            "template limit `pages` must be between 1 and 500, not 501"
        );
        assert_eq!(limits, TemplateLimits::default());
        limits.set("pages", 2).unwrap();
        assert_eq!(limits.get("pages"), Some(2));
        assert!(limits.set("colour", 1).is_err());
    }

    #[test]
    fn the_guide_for_authors_tells_every_bound() {
        let guide = include_str!("../../../docs/TEMPLATES.md");
        for rule in TemplateLimits::RULES {
            let [default, maximum] =
                [rule.default, rule.maximum].map(|value| in_words(rule.name, value));
            let row = format!("| `{}` | {default} | {maximum} |", rule.name);
            assert!(guide.contains(&row), "{row}");
        }
    }

    /// As the guide writes figures: sizes in the largest unit, else digits in threes.
    fn in_words(name: &str, value: u64) -> String {
        const GIB: u64 = 1024 * MIB;
        for (unit, symbol) in [(GIB, "GiB"), (MIB, "MiB"), (1024, "KiB")] {
            if name.ends_with("_bytes") && value.is_multiple_of(unit) {
                return format!("{} {symbol}", value / unit);
            }
        }
        let digits = value.to_string();
        let mut words = String::new();
        for (place, digit) in digits.char_indices() {
            if place > 0 && (digits.len() - place).is_multiple_of(3) {
                words.push(',');
            }
            words.push(digit);
        }
        words
    }

    #[test]
    fn the_compile_budget_grows_with_the_upload() {
        let budget = TemplateLimits::default().compile_budget(3 * MIB);
        assert_eq!(budget.cpu_seconds, 15);
        assert_eq!(budget.address_space_bytes, (512 + 192) * MIB);
    }
}
