//! Against the example of MS-NLMP 4.2.

use super::*;
use proptest::prelude::*;

const THEIRS: [u8; 8] = [0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef];
const OURS: [u8; 8] = [0xaa; 8];

fn identity() -> Identity {
    Identity::new("Domain\\User", SecretString::from("Password"))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// MS-NLMP 4.2.4.3: NetBIOS names of domain and server.
fn target() -> Vec<(u16, Vec<u8>)> {
    vec![(2, utf16("Domain")), (1, utf16("Server"))]
}

fn challenge(pairs: &[(u16, Vec<u8>)]) -> Vec<u8> {
    let info = written(pairs).unwrap();
    let mut message = Vec::from(*SIGNATURE);
    message.extend_from_slice(&2_u32.to_le_bytes());
    message.extend_from_slice(&[0; 8]);
    message.extend_from_slice(&(FLAGS | 0x4000_0000).to_le_bytes());
    message.extend_from_slice(&THEIRS);
    message.extend_from_slice(&[0; 8]);
    message.extend_from_slice(&u16::try_from(info.len()).unwrap().to_le_bytes());
    message.extend_from_slice(&u16::try_from(info.len()).unwrap().to_le_bytes());
    message.extend_from_slice(&56_u32.to_le_bytes());
    message.extend_from_slice(&VERSION);
    message.extend_from_slice(&info);
    message
}

fn field(message: &[u8], at: usize) -> &[u8] {
    let length = usize::from(u16::from_le_bytes(message[at..at + 2].try_into().unwrap()));
    let offset = u32::from_le_bytes(message[at + 4..at + 8].try_into().unwrap()) as usize;
    &message[offset..offset + length]
}

#[test]
fn the_example_of_the_specification_comes_out() {
    let key = identity().key();
    assert_eq!(hex(&key), "0c868a403bfd7a93a3001ef22ef02e3f", "4.2.4.1.1 NTOWFv2");
    let proof = Proof::new(&key, THEIRS, OURS, 0, &written(&target()).unwrap());
    assert_eq!(hex(&proof.response[..16]), "68cd0ab851e51c96aabc927bebef6a1c", "4.2.4.2.2 NTProofStr");
    assert_eq!(hex(&*proof.session_key), "8de40ccadbc14a82f15cb0ad0de95ca3", "4.2.4.1.2 session base key");
    assert_eq!(
        hex(&lm_response(&key, THEIRS, OURS)),
        "86c35097ac9cec102554764a57cccc19aaaaaaaaaaaaaaaa",
        "4.2.4.2.1 LMv2 response"
    );
}

#[test]
fn names_are_taken_apart_as_windows_does() {
    for (name, user, domain) in
        [("CORP\\soc", "soc", "CORP"), ("soc@example.org", "soc@example.org", ""), ("soc", "soc", "")]
    {
        let identity = Identity::new(name, SecretString::from("hunter2"));
        assert_eq!((identity.user.as_str(), identity.domain.as_str()), (user, domain));
        assert!(!format!("{identity:?}").contains("hunter2"));
    }
}

#[test]
fn a_server_that_tells_the_time_gets_an_integrity_code_and_a_binding() {
    let mut pairs = target();
    pairs.push((AV_TIMESTAMP, 77_u64.to_le_bytes().to_vec()));
    // What a server must not decide.
    pairs.push((AV_CHANNEL_BINDINGS, vec![9; 16]));
    let challenge = challenge(&pairs);
    let end_point = [7; 32];
    let bound = Bound { host: "mail.example.org", channel: Some(&end_point) };
    let moment = Moment { nonce: OURS, time: 5 };
    let mut message = authenticate(&challenge, &identity(), bound, moment).unwrap();
    assert_eq!(field(&message, 12), [0; 24], "no LM response");
    assert_eq!(field(&message, 28), utf16("Domain"));
    assert_eq!(field(&message, 36), utf16("User"));
    let response = field(&message, 20).to_vec();
    assert_eq!(response[24..32], 77_u64.to_le_bytes(), "the time of the server");
    let mut expected = target();
    expected.push((AV_TIMESTAMP, 77_u64.to_le_bytes().to_vec()));
    expected.push((AV_FLAGS, vec![2, 0, 0, 0]));
    expected.push((AV_CHANNEL_BINDINGS, channel_bindings(&end_point).to_vec()));
    expected.push((AV_TARGET_NAME, utf16("HTTP/mail.example.org")));
    assert_eq!(response[44..response.len() - 4], written(&expected).unwrap());
    let code = message[MIC].to_vec();
    message[MIC].fill(0);
    let proof = Proof::new(&identity().key(), THEIRS, OURS, 77, &written(&expected).unwrap());
    assert_eq!(code, hmac_md5(&*proof.session_key, &[&negotiate(), &challenge, &message]));
}

#[test]
fn a_server_that_does_not_gets_neither() {
    let bound = Bound { host: "h", channel: None };
    let message =
        authenticate(&challenge(&target()), &identity(), bound, Moment { nonce: OURS, time: 5 }).unwrap();
    assert_eq!(message[MIC], [0; 16]);
    assert_eq!(hex(field(&message, 12)), "86c35097ac9cec102554764a57cccc19aaaaaaaaaaaaaaaa");
}

#[test]
fn what_is_no_challenge_of_version_2_is_refused() {
    let good = challenge(&target());
    let bound = Bound { host: "h", channel: None };
    let answer = |message: &[u8]| authenticate(message, &identity(), bound, Moment::now());
    assert!(answer(&good).is_some());
    for end in 0..good.len() {
        assert!(answer(&good[..end]).is_none(), "cut after {end} bytes");
    }
    let mut version_1 = good.clone();
    version_1[40..44].fill(0);
    assert!(answer(&version_1).is_none());
    let mut of_another_kind = good;
    of_another_kind[8] = 1;
    assert!(answer(&of_another_kind).is_none());
}

proptest! {
    #[test]
    fn no_challenge_makes_it_panic(mut bytes in proptest::collection::vec(any::<u8>(), 0..200), keep in any::<bool>()) {
        if keep {
            let head = challenge(&target());
            let length = bytes.len().min(24);
            bytes[..length].copy_from_slice(&head[..length]);
        }
        let bound = Bound { host: "h", channel: None };
        let _answer = authenticate(&bytes, &identity(), bound, Moment { nonce: OURS, time: 0 });
    }
}
