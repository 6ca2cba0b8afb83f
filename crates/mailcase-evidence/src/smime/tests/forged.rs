//! What no program here makes: X25519 (RFC 8418), and short tags of GCM (RFC 5084 §3.2).

use aes_gcm::aead::{Aead as _, KeyInit as _, Payload};
use cbc::cipher::{BlockModeEncrypt as _, KeyIvInit as _, block_padding::Pkcs7};
use sha2::{Digest as _, Sha256};

use super::workshop::{ENTITY, Workshop, decrypted, entity, have, room};
use crate::keys::Keyring;
use crate::smime::ber::{
    BIT_STRING, INTEGER, OBJECT_ID, OCTET_STRING, Reader, SEQUENCE, SET, context, write,
};
use crate::smime::{names, open};

const HKDF_SHA256: &str = "1.2.840.113549.1.9.16.3.19";
const X963_SHA256: &str = "1.3.132.1.11.1";

/// ITU-T X.690 §8.19.
fn id(dotted: &str) -> Vec<u8> {
    let arcs: Vec<u64> = dotted.split('.').map(|arc| arc.parse().unwrap()).collect();
    let mut body = Vec::new();
    for arc in [&[arcs[0] * 40 + arcs[1]], &arcs[2..]].concat() {
        let mut digits = vec![u8::try_from(arc & 0x7f).unwrap()];
        let mut rest = arc >> 7;
        while rest > 0 {
            digits.push(u8::try_from(rest & 0x7f).unwrap() | 0x80);
            rest >>= 7;
        }
        body.extend(digits.iter().rev());
    }
    write(OBJECT_ID, &[&body])
}

fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    write(SEQUENCE, parts)
}

fn octets(bytes: &[u8]) -> Vec<u8> {
    write(OCTET_STRING, &[bytes])
}

fn number(digit: u8) -> Vec<u8> {
    write(INTEGER, &[&[digit]])
}

#[test]
fn x25519_agrees_by_both_derivations() {
    if !have("openssl") {
        return;
    }
    let workshop = Workshop::new();
    workshop.key("ca", "rsa:2048");
    workshop.openssl("genpkey -algorithm X25519 -out x.key");
    workshop.openssl("pkey -in x.key -pubout -out x.pub");
    workshop.openssl("req -new -key ca.key -subj /CN=x -out x.csr");
    workshop.openssl(
        "x509 -req -in x.csr -CA ca.crt -CAkey ca.key -force_pubkey x.pub -days 9 -set_serial 5 -out x.crt",
    );
    let keys = workshop.keyring(&["x"]);
    let facts = keys.facts().next().unwrap();
    assert_eq!((facts.algorithm.as_str(), facts.issuer.as_deref()), ("X25519", Some("O=Example, CN=ca")));

    let certificate = &keys.smime().next().unwrap().certificates[0];
    let theirs: [u8; 32] = certificate.public_key.as_slice().try_into().unwrap();
    let ours = x25519_dalek::StaticSecret::from([7; 32]);
    let shared = ours.diffie_hellman(&theirs.into());
    for scheme in [HKDF_SHA256, X963_SHA256] {
        for material in [None, Some(&b"sixteen bytes ok"[..])] {
            let wrap = sequence(&[&id(names::AES256_WRAP)]);
            let bits = write(context(2), &[&octets(&256u32.to_be_bytes())]);
            let user = material.map(|material| write(context(0), &[&octets(material)])).unwrap_or_default();
            let info = sequence(&[&wrap, &user, &bits]);
            let mut wrapping = [0; 32];
            if scheme == HKDF_SHA256 {
                hkdf::Hkdf::<Sha256>::new(material, shared.as_bytes()).expand(&info, &mut wrapping).unwrap();
            } else {
                let input = [shared.as_bytes(), &1u32.to_be_bytes()[..], &info].concat();
                wrapping = Sha256::digest(input).into();
            }
            let mut wrapped = [0; 24];
            aes_kw::KwAes256::new(&wrapping.into()).wrap_key(&[9; 16], &mut wrapped).unwrap();
            let point = x25519_dalek::PublicKey::from(&ours);
            let point = write(BIT_STRING, &[&[0], point.as_bytes()]);
            let originator = write(context(1), &[&sequence(&[&id(names::X25519)]), &point]);
            let to = sequence(&[&certificate.raw_issuer, &write(INTEGER, &[&[5]])]);
            let recipient = [
                number(3),
                write(context(0), &[&originator]),
                material.map(|material| write(context(1), &[&octets(material)])).unwrap_or_default(),
                sequence(&[&id(scheme), &wrap]),
                sequence(&[&sequence(&[&to, &octets(&wrapped)])]),
            ];
            let encryptor = cbc::Encryptor::<aes::Aes128>::new(&[9; 16].into(), &[1; 16].into());
            let content = encryptor.encrypt_padded_vec::<Pkcs7>(ENTITY);
            let cipher = sequence(&[&id(names::AES128_CBC), &octets(&[1; 16])]);
            let data = sequence(&[
                &number(2),
                &write(SET, &[&write(context(1), &[&recipient.concat()])]),
                &sequence(&[&id(names::DATA), &cipher, &write(0x80, &[&content])]),
            ]);
            let message = sequence(&[&id(names::ENVELOPED_DATA), &write(context(0), &[&data])]);
            assert_eq!(decrypted(&message, &keys), ENTITY, "{scheme}");
        }
    }
}

#[test]
fn short_tags_are_checked() {
    if !have("openssl") {
        return;
    }
    let workshop = Workshop::new();
    workshop.key("alice", "rsa:2048");
    let keys = workshop.keyring(&["alice"]);
    workshop.write("entity", ENTITY);
    workshop
        .openssl("cms -encrypt -binary -in entity -out message -outform DER -aes-128-gcm -recip alice.crt");
    let message = workshop.read("message");
    // The recipients of that message, with content of our own: the key is known to them alone, so it is taken out.
    let mut data = Reader::new(&message).within(SEQUENCE).unwrap();
    data.object_id().unwrap();
    let mut data = data.within(context(0)).unwrap().within(SEQUENCE).unwrap();
    data.number().unwrap();
    let recipients = data.expect(SET).unwrap();
    let mut recipient = recipients.reader().within(SEQUENCE).unwrap();
    recipient.number().unwrap();
    recipient.any().unwrap();
    recipient.any().unwrap();
    let encrypted = recipient.octets().unwrap();
    let private = &keys.smime().next().unwrap().private;
    let algorithm = (names::RSA.to_owned(), None);
    let key = crate::smime::unwrap::transport(private, &algorithm, &encrypted, Some(16)).unwrap();

    let attributes = sequence(&[&id(names::CONTENT_TYPE), &write(SET, &[&id(names::DATA)])]);
    let associated = write(SET, &[&attributes]);
    let cipher = aes_gcm::Aes128Gcm::new_from_slice(&key).unwrap();
    let payload = Payload { msg: ENTITY, aad: &associated };
    let mut sealed = cipher.encrypt(&[3; 12].into(), payload).unwrap();
    let tag = sealed.split_off(ENTITY.len());
    for (length, named) in [(12, false), (12, true), (13, true), (14, true), (15, true), (16, true)] {
        let size = if named { number(length) } else { Vec::new() };
        let parameters = sequence(&[&octets(&[3; 12]), &size]);
        let algorithm = sequence(&[&id(names::AES128_GCM), &parameters]);
        let forge = |tag: &[u8]| {
            let data = sequence(&[
                &number(0),
                recipients.whole,
                &sequence(&[&id(names::DATA), &algorithm, &write(0x80, &[&sealed])]),
                &write(context(1), &[&attributes]),
                &octets(tag),
            ]);
            sequence(&[&id(names::AUTH_ENVELOPED_DATA), &write(context(0), &[&data])])
        };
        let short = &tag[..usize::from(length)];
        assert_eq!(entity(open(&forge(short), &keys, &mut room())), ENTITY, "{length}");
        let mut wrong = short.to_vec();
        wrong[0] ^= 1;
        for tag in [&wrong[..], &tag[..8], &[]] {
            let contents = open(&forge(tag), &keys, &mut room());
            assert_eq!(contents.defects[0].code, "bad_decryption", "{length}");
        }
    }
    assert!(open(&message, &Keyring::default(), &mut room()).lock.is_some());
}
