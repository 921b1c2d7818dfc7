//! How often callers may ask.

use std::time::Duration;

use super::settings::{parsed, switch};
use super::{ConfigError, Environment};
use crate::access::{Allowance, RateRules};

/// Rate limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateSettings {
    /// Where the figures come from that are not given one by one.
    pub preset: RatePreset,
    /// The figures.
    pub rules: RateRules,
    /// Whether all hosts on one database count together.
    pub shared: bool,
}

/// Figures by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RatePreset {
    /// Far above what one honest caller needs, and below what two processors can do.
    Generous,
    /// Those of the service that Guichet replaces.
    Legacy,
    /// No limits, where a gateway in front has them.
    Off,
}

/// What the old service counted everything in that had no figure of its own.
const LEGACY_WINDOW: Duration = Duration::from_millis(900_000);
const LEGACY_REQUESTS: u32 = 100;

impl RatePreset {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Generous => "generous",
            Self::Legacy => "legacy",
            Self::Off => "off",
        }
    }

    fn rules(self) -> RateRules {
        match self {
            Self::Generous => RateRules {
                generate: Allowance::per_minute(120_000),
                batch: Allowance::per_minute(600),
                download: Allowance::per_minute(120_000),
                validate: Allowance::per_minute(600_000),
                read: Allowance::per_minute(120_000),
            },
            Self::Legacy => {
                let general = Allowance::new(LEGACY_REQUESTS, LEGACY_WINDOW);
                RateRules {
                    generate: Allowance::per_minute(20),
                    batch: Allowance::per_minute(5),
                    download: Allowance::per_minute(100),
                    validate: general,
                    read: general,
                }
            }
            Self::Off => RateRules {
                generate: None,
                batch: None,
                download: None,
                validate: None,
                read: None,
            },
        }
    }
}

impl RateSettings {
    /// Reads the section.
    ///
    /// # Errors
    /// The first setting that is wrong, by name, with the fix.
    pub fn read(environment: Environment<'_>) -> Result<Self, ConfigError> {
        const COUNT: &str = "give a whole number; 0 is no limit";
        let preset = match environment("RATE_LIMIT_PRESET").as_deref() {
            None | Some("generous") => RatePreset::Generous,
            Some("legacy") => RatePreset::Legacy,
            Some("off") => RatePreset::Off,
            Some(other) => {
                return Err(ConfigError::Value {
                    name: "RATE_LIMIT_PRESET",
                    value: other.to_owned(),
                    fix: "give generous, legacy or off",
                });
            }
        };
        let mut rules = preset.rules();
        for (name, allowance) in [
            ("GENERATION_RATE_LIMIT", &mut rules.generate),
            ("BATCH_RATE_LIMIT", &mut rules.batch),
            ("DOWNLOAD_RATE_LIMIT", &mut rules.download),
            ("VALIDATION_RATE_LIMIT", &mut rules.validate),
        ] {
            if let Some(count) = parsed(environment, name, COUNT)? {
                *allowance = Allowance::per_minute(count);
            }
        }
        let count = parsed(environment, "RATE_LIMIT_MAX_REQUESTS", COUNT)?;
        let window_ms = window_ms(environment)?;
        if count.is_some() || window_ms.is_some() {
            // Who gave one of the two to the old service got its default for the other.
            let count = count.unwrap_or(LEGACY_REQUESTS);
            let window = window_ms.map_or(LEGACY_WINDOW, Duration::from_millis);
            rules.read = Allowance::new(count, window);
        }
        let shared = switch(environment, "RATE_LIMIT_SHARED")?.unwrap_or(false);
        Ok(Self {
            preset,
            rules,
            shared,
        })
    }

    /// Each figure as it can be given back, by the name of its setting.
    pub fn figures(&self) -> [(&'static str, u64); 6] {
        let RateRules {
            generate,
            batch,
            download,
            validate,
            read,
        } = self.rules;
        // A minute is what these settings count in; a preset may count in more.
        let per_minute = |allowance: Option<Allowance>| {
            allowance.map_or(0, |allowance| {
                let milliseconds =
                    u64::try_from(allowance.window().as_millis()).unwrap_or(u64::MAX);
                (u64::from(allowance.count()) * 60_000 / milliseconds.max(1)).max(1)
            })
        };
        let window = read.map_or(LEGACY_WINDOW, Allowance::window);
        [
            ("GENERATION_RATE_LIMIT", per_minute(generate)),
            ("BATCH_RATE_LIMIT", per_minute(batch)),
            ("DOWNLOAD_RATE_LIMIT", per_minute(download)),
            ("VALIDATION_RATE_LIMIT", per_minute(validate)),
            (
                "RATE_LIMIT_MAX_REQUESTS",
                u64::from(read.map_or(0, Allowance::count)),
            ),
            (
                "RATE_LIMIT_WINDOW_MS",
                u64::try_from(window.as_millis()).unwrap_or(u64::MAX),
            ),
        ]
    }
}

fn window_ms(environment: Environment<'_>) -> Result<Option<u64>, ConfigError> {
    const DAY_MS: u64 = 24 * 3_600_000;
    let name = "RATE_LIMIT_WINDOW_MS";
    let Some(value) = environment(name) else {
        return Ok(None);
    };
    match value.parse() {
        Ok(milliseconds) if (1_000..=DAY_MS).contains(&milliseconds) => Ok(Some(milliseconds)),
        _ => Err(ConfigError::Range {
            name,
            value,
            min: 1_000,
            max: DAY_MS,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<RateSettings, String> {
        let environment = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        RateSettings::read(&environment).map_err(|error| error.to_string())
    }

    #[test]
    fn the_old_services_figures_are_a_preset() {
        let rules = read(&[("RATE_LIMIT_PRESET", "legacy")]).unwrap().rules;
        assert_eq!(rules.generate, Allowance::per_minute(20));
        assert_eq!(rules.batch, Allowance::per_minute(5));
        assert_eq!(rules.download, Allowance::per_minute(100));
        assert_eq!(rules.read, Allowance::new(100, Duration::from_secs(900)));
    }

    #[test]
    fn one_figure_changes_one_class() {
        let rules = read(&[("GENERATION_RATE_LIMIT", "7"), ("BATCH_RATE_LIMIT", "0")])
            .unwrap()
            .rules;
        assert_eq!(rules.generate, Allowance::per_minute(7));
        assert_eq!(rules.batch, None);
        assert_eq!(rules.read, RatePreset::Generous.rules().read);
        let rules = read(&[("RATE_LIMIT_WINDOW_MS", "60000")]).unwrap().rules;
        assert_eq!(rules.read, Allowance::per_minute(100));
        let rules = read(&[("RATE_LIMIT_MAX_REQUESTS", "0")]).unwrap().rules;
        assert_eq!(rules.read, None);
    }

    #[test]
    fn what_is_shown_can_be_given_back() {
        for preset in ["generous", "off"] {
            let settings = read(&[("RATE_LIMIT_PRESET", preset)]).unwrap();
            let mut shown = vec![("RATE_LIMIT_PRESET", preset.to_owned())];
            shown.extend(
                settings
                    .figures()
                    .map(|(name, figure)| (name, figure.to_string())),
            );
            let shown: Vec<_> = shown
                .iter()
                .map(|(name, value)| (*name, value.as_str()))
                .collect();
            assert_eq!(read(&shown).unwrap(), settings, "{preset}");
        }
    }

    #[test]
    fn a_bad_value_is_named_with_the_fix() {
        let check = |variable: (&str, &str), expected: &str| {
            let message = read(&[variable]).unwrap_err();
            assert!(message.contains(variable.0), "{message}");
            assert!(message.contains(expected), "{message}");
        };
        check(("RATE_LIMIT_PRESET", "strict"), "generous, legacy or off");
        check(("BATCH_RATE_LIMIT", "-1"), "0 is no limit");
        check(("RATE_LIMIT_WINDOW_MS", "0"), "1000 to 86400000");
    }
}
