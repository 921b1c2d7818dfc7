//! Where the files that batches make are kept: a folder, or a bucket of an object store that speaks S3.

use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use url::{Host, Url};
use zeroize::Zeroizing;

use super::settings::switch;
use super::{ConfigError, Environment, Secret};

/// Where the files that batches make are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ObjectSettings {
    /// A folder. Hosts that share a database have to share it too.
    Folder(PathBuf),
    /// A bucket.
    S3(S3Settings),
}

/// A bucket of an object store that speaks S3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct S3Settings {
    /// Its name.
    pub bucket: String,
    /// The region that requests are signed for.
    pub region: String,
    /// Where the store is; `None`: Amazon's of the region. Without a slash at its end.
    pub endpoint: Option<String>,
    /// Who asks; `None`: whoever the machine is, by Amazon's instance metadata.
    pub credentials: Option<S3Credentials>,
    /// How the bucket is named in addresses.
    pub addressing: S3Addressing,
    /// What the names of all objects begin with, so that a bucket can be shared; without a slash at its
    /// ends, and empty if there is nothing.
    pub prefix: String,
}

/// How a bucket is named in addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum S3Addressing {
    /// As the first part of the path, which most stores other than Amazon's want.
    Path,
    /// As the first part of the host's name.
    Host,
}

/// An access key.
#[derive(Clone, PartialEq, Eq)]
pub struct S3Credentials {
    /// Its id, which is no secret.
    pub key_id: String,
    /// Its secret.
    pub secret: Zeroizing<String>,
}

impl fmt::Debug for S3Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "S3Credentials({})", self.key_id)
    }
}

const TYPE: &str = "STORAGE_TYPE";
const FOLDER: &str = "STORAGE_PATH";
const BUCKET: &str = "AWS_S3_BUCKET";
const REGION: &str = "AWS_REGION";
const ENDPOINT: &str = "AWS_ENDPOINT_URL";
const KEY_ID: &str = "AWS_ACCESS_KEY_ID";
const SECRET: &str = "AWS_SECRET_ACCESS_KEY";
const PATH_STYLE: &str = "AWS_S3_PATH_STYLE";
const PREFIX: &str = "AWS_S3_PREFIX";

/// What most stores other than Amazon's call their only region.
const DEFAULT_REGION: &str = "us-east-1";
/// In the data folder.
const DEFAULT_FOLDER: &str = "artifacts";

impl ObjectSettings {
    /// Reads the section. What belongs to the other kind of store is not looked at: variables that begin
    /// with `AWS_` may be another program's.
    ///
    /// # Errors
    /// The first setting that is wrong, by name, with the fix.
    pub fn read(data: &Path, environment: Environment<'_>) -> Result<Self, ConfigError> {
        match environment(TYPE).as_deref() {
            None | Some("local") => Ok(Self::Folder(
                environment(FOLDER).map_or_else(|| data.join(DEFAULT_FOLDER), PathBuf::from),
            )),
            Some("s3") => S3Settings::read(environment).map(Self::S3),
            Some(other) => Err(ConfigError::Value {
                name: TYPE,
                value: other.to_owned(),
                fix: "give local or s3",
            }),
        }
    }
}

impl S3Settings {
    fn read(environment: Environment<'_>) -> Result<Self, ConfigError> {
        let Some(bucket) = environment(BUCKET) else {
            return Err(ConfigError::Incomplete {
                name: TYPE,
                missing: BUCKET,
                fix: "name the bucket in which the files are to be kept",
            });
        };
        if !is_bucket(&bucket) {
            return Err(ConfigError::Value {
                name: BUCKET,
                value: bucket,
                fix: "give the bucket's name alone: 3 to 63 small letters, digits, hyphens and dots",
            });
        }
        let endpoint = environment(ENDPOINT).map(endpoint).transpose()?;
        let credentials = credentials(environment)?;
        if endpoint.is_some() && credentials.is_none() {
            return Err(ConfigError::Incomplete {
                name: ENDPOINT,
                missing: KEY_ID,
                fix: "give the store's access key: only Amazon's knows machines by themselves",
            });
        }
        let addressing = match switch(environment, PATH_STYLE)? {
            Some(true) => S3Addressing::Path,
            Some(false) => S3Addressing::Host,
            None if endpoint.is_some() => S3Addressing::Path,
            None => S3Addressing::Host,
        };
        Ok(Self {
            bucket,
            region: region(environment)?,
            endpoint,
            credentials,
            addressing,
            prefix: prefix(environment)?,
        })
    }
}

/// The naming rules of S3, as far as they keep a name out of other parts of an address.
fn is_bucket(name: &str) -> bool {
    let allowed = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.')
    };
    (3..=63).contains(&name.len())
        && name.bytes().all(allowed)
        && !name.contains("..")
        && !name.starts_with(['-', '.'])
        && !name.ends_with(['-', '.'])
}

fn region(environment: Environment<'_>) -> Result<String, ConfigError> {
    let region = environment(REGION).unwrap_or_else(|| DEFAULT_REGION.to_owned());
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if region.len() > 63 || !region.bytes().all(allowed) {
        return Err(ConfigError::Value {
            name: REGION,
            value: region,
            fix: "give the region's name, such as eu-central-1",
        });
    }
    Ok(region)
}

fn prefix(environment: Environment<'_>) -> Result<String, ConfigError> {
    let given = environment(PREFIX).unwrap_or_default();
    let prefix = given.trim_matches('/');
    let allowed = |part: &str| {
        let byte = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        !part.is_empty() && part != "." && part != ".." && part.bytes().all(byte)
    };
    if prefix.len() > 200 || !(prefix.is_empty() || prefix.split('/').all(allowed)) {
        return Err(ConfigError::Value {
            name: PREFIX,
            value: given,
            fix: "give at most 200 letters, digits, hyphens, underscores and dots, with slashes between them",
        });
    }
    Ok(prefix.to_owned())
}

/// An address of the store. Without TLS, whoever listens learns names and sizes (what files hold is
/// encrypted before it is sent), and could answer in the store's place; so it has to be in a network of
/// the operator's own.
fn endpoint(given: String) -> Result<String, ConfigError> {
    let refused = |fix| {
        // What stands before an @ may be a password.
        let value = match given.contains('@') {
            true => "(hidden)".to_owned(),
            false => given.clone(),
        };
        let name = ENDPOINT;
        Err(ConfigError::Value { name, value, fix })
    };
    const EXAMPLE: &str =
        "give an address such as https://s3.example.com, without bucket, user or options";
    let Ok(url) = Url::parse(&given) else {
        return refused(EXAMPLE);
    };
    let plain = url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none()
        && url.path() == "/";
    match (url.scheme(), url.host()) {
        _ if !plain => refused(EXAMPLE),
        ("https", Some(_)) => Ok(given.trim_end_matches('/').to_owned()),
        ("http", Some(host)) if is_own(&host) => Ok(given.trim_end_matches('/').to_owned()),
        ("http", Some(_)) => refused(
            "give https://; plain http:// is for loopback, private addresses and names without a dot, \
             such as those of a compose file",
        ),
        _ => refused(EXAMPLE),
    }
}

/// Whether a host can only be in a network of the operator's own.
fn is_own(host: &Host<&str>) -> bool {
    let own = |address: IpAddr| match address {
        IpAddr::V4(address) => address.is_loopback() || address.is_private(),
        IpAddr::V6(address) => address.is_loopback() || address.is_unique_local(),
    };
    match host {
        Host::Domain(name) => !name.contains('.'),
        Host::Ipv4(address) => own((*address).into()),
        Host::Ipv6(address) => own((*address).into()),
    }
}

fn credentials(environment: Environment<'_>) -> Result<Option<S3Credentials>, ConfigError> {
    let secret = Secret::text_from_environment(environment, SECRET).map_err(|source| {
        let name = SECRET;
        ConfigError::Secret { name, source }
    })?;
    match (environment(KEY_ID), secret) {
        (Some(key_id), Some(secret)) => Ok(Some(S3Credentials { key_id, secret })),
        (None, None) => Ok(None),
        (Some(_), None) => Err(ConfigError::Incomplete {
            name: KEY_ID,
            missing: SECRET,
            fix: "give both, or neither for the machine's own role at Amazon",
        }),
        (None, Some(_)) => Err(ConfigError::Incomplete {
            name: SECRET,
            missing: KEY_ID,
            fix: "give both, or neither for the machine's own role at Amazon",
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<ObjectSettings, String> {
        let environment = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        ObjectSettings::read(Path::new("data"), &environment).map_err(|error| error.to_string())
    }

    const S3: [(&str, &str); 4] = [
        ("STORAGE_TYPE", "s3"),
        ("AWS_S3_BUCKET", "tickets"),
        ("AWS_ACCESS_KEY_ID", "AKIA"),
        ("AWS_SECRET_ACCESS_KEY", "hush"),
    ];

    fn s3(more: &[(&str, &str)]) -> Result<S3Settings, String> {
        // The first of a name counts.
        match read(&[more, &S3].concat())? {
            ObjectSettings::S3(settings) => Ok(settings),
            ObjectSettings::Folder(folder) => Err(folder.display().to_string()),
        }
    }

    #[test]
    fn without_settings_files_are_in_the_data_folder_whatever_other_programs_set() {
        let folder = ObjectSettings::Folder(PathBuf::from("data/artifacts"));
        assert_eq!(read(&[]), Ok(folder.clone()));
        assert_eq!(read(&S3[1..3]), Ok(folder));
        assert_eq!(
            read(&[("STORAGE_TYPE", "local"), ("STORAGE_PATH", "/srv/files")]),
            Ok(ObjectSettings::Folder(PathBuf::from("/srv/files")))
        );
    }

    #[test]
    fn a_bucket_has_amazons_ways_unless_there_is_an_endpoint() {
        let amazon = s3(&[]).unwrap();
        assert_eq!(amazon.region, "us-east-1");
        assert_eq!(amazon.addressing, S3Addressing::Host);
        assert_eq!(amazon.prefix, "");
        let other = s3(&[
            ("AWS_ENDPOINT_URL", "https://s3.example.com/"),
            ("AWS_REGION", "garage"),
            ("AWS_S3_PREFIX", "/guichet/one/"),
        ])
        .unwrap();
        assert_eq!(other.endpoint.as_deref(), Some("https://s3.example.com"));
        assert_eq!(other.addressing, S3Addressing::Path);
        assert_eq!((&*other.region, &*other.prefix), ("garage", "guichet/one"));
        let by_host = s3(&[
            ("AWS_ENDPOINT_URL", "https://s3.example.com"),
            ("AWS_S3_PATH_STYLE", "false"),
        ]);
        assert_eq!(by_host.unwrap().addressing, S3Addressing::Host);
    }

    #[test]
    fn plain_http_is_for_networks_of_ones_own() {
        let check = |endpoint: &str, right: bool| {
            let read = s3(&[("AWS_ENDPOINT_URL", endpoint)]);
            assert_eq!(read.is_ok(), right, "{endpoint}: {read:?}");
        };
        for own in [
            "http://s3:3900",
            "http://localhost:9000",
            "http://127.0.0.1:9000",
            "http://10.1.2.3",
            "http://[::1]:9000",
            "http://[fd00::1]",
        ] {
            check(own, true);
        }
        for other in [
            "http://s3.example.com",
            "http://8.8.8.8",
            "http://[2001:db8::1]",
            "http://172.32.0.1",
            "ftp://s3",
            "s3.example.com",
            "https://s3.example.com/tickets",
            "https://s3.example.com?x=1",
            "https://user:hush@s3.example.com",
            "",
        ] {
            check(other, false);
        }
    }

    #[test]
    fn a_bad_value_is_named_with_the_fix_and_no_secret_is_shown() {
        let check = |variables: &[(&str, &str)], name: &str, expected: &str| {
            let message = read(variables).unwrap_err();
            assert!(message.contains(name), "{message}");
            assert!(message.contains(expected), "{message}");
            assert!(!message.contains("hush"), "{message}");
        };
        let with = |name: &'static str, value: &'static str| [&[(name, value)], &S3[..]].concat();
        check(&[("STORAGE_TYPE", "azure")], "STORAGE_TYPE", "local or s3");
        check(&S3[..1], "AWS_S3_BUCKET", "name the bucket");
        check(&S3[..3], "AWS_SECRET_ACCESS_KEY", "give both");
        check(&[S3[0], S3[1], S3[3]], "AWS_ACCESS_KEY_ID", "give both");
        for bucket in ["a", "Tickets", "a/b", "tickets?", "..", "-tickets", "a..b"] {
            check(&with("AWS_S3_BUCKET", bucket), "AWS_S3_BUCKET", "3 to 63");
        }
        check(
            &with("AWS_REGION", "eu central"),
            "AWS_REGION",
            "eu-central-1",
        );
        check(
            &with("AWS_S3_PREFIX", "a/../b"),
            "AWS_S3_PREFIX",
            "200 letters",
        );
        check(
            &with("AWS_S3_PATH_STYLE", "yes"),
            "AWS_S3_PATH_STYLE",
            "true or false",
        );
        let secret_in_address = with("AWS_ENDPOINT_URL", "https://me:hush@s3.example.com");
        check(
            &secret_in_address,
            "AWS_ENDPOINT_URL",
            "without bucket, user",
        );
        let no_key = [S3[0], S3[1], ("AWS_ENDPOINT_URL", "http://s3:3900")];
        check(&no_key, "AWS_ACCESS_KEY_ID", "access key");
        assert!(!format!("{:?}", s3(&[])).contains("hush"));
    }
}
