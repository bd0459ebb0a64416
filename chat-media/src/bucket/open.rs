//! Buckets by their address.

use std::sync::Arc;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::path::Path;
use object_store::signer::Signer;
use object_store::{BackoffConfig, ObjectStore, RetryConfig};

use super::connector::Connector;
use crate::http::{Http, InvalidPlace, Patience};

/// A bucket that was opened.
pub(super) struct Bucket {
    pub(super) store: Arc<dyn ObjectStore>,
    pub(super) signer: Arc<dyn Signer>,
    pub(super) prefix: Path,
}

/// Opens the bucket at `s3://`, `gs://` or `az://`. Settings of other services, and unknown ones, count nothing.
pub(super) fn open(
    url: &str,
    settings: &[(String, String)],
    patience: Patience,
) -> Result<Bucket, InvalidPlace> {
    let place = url.split_once("://");
    let (scheme, place) = place.ok_or(InvalidPlace::new("the address is no URL"))?;
    let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
    if bucket.is_empty() {
        return Err(InvalidPlace::new("the address names no bucket"));
    }
    let prefix = Path::parse(prefix.trim_matches('/'))
        .map_err(|error| InvalidPlace::because("a prefix that cannot be", error))?;
    let parts = Parts {
        bucket,
        settings,
        connector: Connector(Http::new(patience)?),
        retry: RetryConfig {
            backoff: BackoffConfig::default(),
            max_retries: 1,
            retry_timeout: patience.step(),
        },
    };
    let (store, signer) = match scheme {
        "s3" => both(parts.s3()),
        "gs" => both(parts.gcs()),
        "az" => both(parts.azure()),
        _ => return Err(InvalidPlace::new("an address is s3://, gs:// or az://")),
    }
    .map_err(|error| InvalidPlace::because("the bucket's settings do not fit", error))?;
    Ok(Bucket {
        store,
        signer,
        prefix,
    })
}

type Both = (Arc<dyn ObjectStore>, Arc<dyn Signer>);

fn both<S: ObjectStore + Signer>(store: object_store::Result<S>) -> object_store::Result<Both> {
    let store = Arc::new(store?);
    Ok((Arc::clone(&store) as _, store))
}

/// What every service is built of.
struct Parts<'a> {
    bucket: &'a str,
    settings: &'a [(String, String)],
    connector: Connector,
    retry: RetryConfig,
}

macro_rules! configured {
    ($parts:ident, $builder:ident, $prefixes:expr) => {{
        let mut builder = $builder::new()
            .with_http_connector($parts.connector)
            .with_retry($parts.retry);
        for (name, value) in $parts.settings {
            let name = name.to_ascii_lowercase();
            let is_ours = $prefixes
                .iter()
                .any(|prefix: &&str| name.starts_with(prefix));
            if let (true, Ok(key)) = (is_ours, name.parse()) {
                builder = builder.with_config(key, value);
            }
        }
        builder
    }};
}

impl Parts<'_> {
    fn s3(self) -> object_store::Result<impl ObjectStore + Signer> {
        let bucket = self.bucket;
        let builder = configured!(self, AmazonS3Builder, ["aws_"]);
        // Objects are deleted one by one, and not all that speaks like S3 knows how to delete many.
        let builder = builder.with_config(AmazonS3ConfigKey::DisableBulkDelete, "true");
        builder.with_bucket_name(bucket).build()
    }

    fn gcs(self) -> object_store::Result<impl ObjectStore + Signer> {
        let bucket = self.bucket;
        let builder = configured!(self, GoogleCloudStorageBuilder, ["google_"]);
        builder.with_bucket_name(bucket).build()
    }

    fn azure(self) -> object_store::Result<impl ObjectStore + Signer> {
        let bucket = self.bucket;
        let builder = configured!(self, MicrosoftAzureBuilder, ["azure_"]);
        builder.with_container_name(bucket).build()
    }
}
