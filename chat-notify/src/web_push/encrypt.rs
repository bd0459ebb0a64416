//! The encryption of a push: RFC 8291, in one record of RFC 8188.

use aes_gcm::aead::{Aead as _, KeyInit as _};
use aes_gcm::{Aes128Gcm, Nonce};
use hkdf::Hkdf;
use p256::ecdh::diffie_hellman;
use p256::elliptic_curve::sec1::ToEncodedPoint as _;
use p256::{PublicKey, SecretKey};
use sha2::Sha256;

use super::browser::Browser;

/// Bytes of a salt.
pub(super) const SALT: usize = 16;

/// Bytes of a whole push, and of its one record at most.
const RECORD: u32 = 4_096;

/// Bytes of what can be encrypted: what is left of a push behind its header, the mark of the last record and the tag.
pub(super) const PLAIN: usize = RECORD as usize - (SALT + 4 + 1 + POINT) - 1 - 16;

/// Bytes of a public key.
const POINT: usize = 65;

/// Marks the last record.
const LAST: u8 = 2;

/// None if there is too much to encrypt.
pub(super) fn encrypt(
    plain: &[u8],
    to: &Browser,
    once: &SecretKey,
    salt: [u8; SALT],
) -> Option<Vec<u8>> {
    if plain.len() > PLAIN {
        return None;
    }
    let own = point(&once.public_key());
    let shared = diffie_hellman(once.to_nonzero_scalar(), to.key.as_affine());
    let info = [b"WebPush: info\0", &point(&to.key)[..], &own].concat();
    let key: [u8; 32] = derive(&to.auth, shared.raw_secret_bytes(), &info);
    let content_key: [u8; 16] = derive(&salt, &key, b"Content-Encoding: aes128gcm\0");
    let nonce: [u8; 12] = derive(&salt, &key, b"Content-Encoding: nonce\0");

    let cipher = Aes128Gcm::new(&content_key.into());
    let record = [plain, &[LAST]].concat();
    let sealed = cipher.encrypt(&Nonce::from(nonce), &record[..]).ok()?;
    let size = RECORD.to_be_bytes();
    Some([&salt[..], &size, &[POINT as u8], &own, &sealed].concat())
}

/// A public key, uncompressed.
pub(super) fn point(key: &PublicKey) -> Vec<u8> {
    key.to_encoded_point(false).as_bytes().to_vec()
}

fn derive<const N: usize>(salt: &[u8], key: &[u8], info: &[u8]) -> [u8; N] {
    let mut derived = [0; N];
    let hkdf = Hkdf::<Sha256>::new(Some(salt), key);
    hkdf.expand(info, &mut derived)
        .expect("so few bytes can be derived");
    derived
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;

    fn bytes(text: &str) -> Vec<u8> {
        URL_SAFE_NO_PAD.decode(text).unwrap()
    }

    fn browser() -> Browser {
        let key = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
        Browser::parse(key, "BTBZMqHH6r4Tts7J_aSIgg").unwrap()
    }

    fn once() -> SecretKey {
        SecretKey::from_slice(&bytes("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw")).unwrap()
    }

    /// RFC 8291, section 5 and appendix A.
    #[test]
    fn the_example_of_the_rfc_comes_out() {
        let salt = bytes("DGv6ra1nlYgDCS1FRnbzlw").try_into().unwrap();
        let plain = b"When I grow up, I want to be a watermelon";
        let sealed = encrypt(plain, &browser(), &once(), salt).unwrap();
        let expected = "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27ml\
            mlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPT\
            pK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN";
        assert_eq!(URL_SAFE_NO_PAD.encode(sealed), expected);
    }

    #[test]
    fn a_push_is_never_longer_than_4096_bytes() {
        assert_eq!(PLAIN, 3_993);
        let sealed = encrypt(&[b'x'; PLAIN], &browser(), &once(), [1; SALT]);
        assert_eq!(sealed.unwrap().len(), 4_096);
        let sealed = encrypt(&[b'x'; PLAIN + 1], &browser(), &once(), [1; SALT]);
        assert_eq!(sealed, None);
    }
}
