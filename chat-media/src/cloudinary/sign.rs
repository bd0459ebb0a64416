//! The signature of a request, as Cloudinary documents it under "Generating authentication signatures".

use sha2::{Digest as _, Sha256};

/// Signs parameters: all but `file`, `cloud_name`, `resource_type` and `api_key`. Accounts take SHA-1 and SHA-256,
/// some SHA-256 alone.
pub(super) fn sign(parameters: &[(&str, String)], secret: &str) -> String {
    let mut sorted: Vec<_> = parameters.iter().collect();
    sorted.sort();
    let pairs: Vec<String> = sorted
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let mut hash = Sha256::new();
    hash.update(pairs.join("&"));
    hash.update(secret);
    let digest = hash.finalize();
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::sign;

    /// The documented string `public_id=sample_image&timestamp=1315060510abcd`, whose digest was made by another
    /// program.
    #[test]
    fn parameters_are_signed_in_the_order_of_their_names() {
        let parameters = [
            ("timestamp", "1315060510".to_owned()),
            ("public_id", "sample_image".to_owned()),
        ];

        let signature = sign(&parameters, "abcd");

        assert_eq!(
            signature,
            "e3c44b54e67a3ecc918f5d7236ca5faa36250ea8a8cd6cbabfd2d6bb2453acac"
        );
    }
}
