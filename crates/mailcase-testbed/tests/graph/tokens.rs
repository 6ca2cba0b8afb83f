//! Who may come in.

use crate::{ANN, Bench, answered, client, code};
use data_encoding::BASE64URL_NOPAD;
use mailcase_testbed::graph::{Caller, GraphOptions, Tokens};
use serde_json::{Value, json};

async fn get(bench: &Bench, token: &str, path: &str) -> (u16, Value) {
    let url = format!("{}/v1.0{path}", bench.server.origin());
    answered(client().get(url).bearer_auth(token).send().await.unwrap()).await
}

#[tokio::test]
async fn tokens_expire_and_permissions_count() {
    let tokens = |list: &[(&str, Caller)]| {
        Tokens::Fixed(list.iter().map(|(token, caller)| ((*token).to_owned(), caller.clone())).collect())
    };
    let known = [
        ("app", Caller::application()),
        ("ann", Caller::user(ANN)),
        ("reader", Caller::allowed(Some("eve@example.org"), &["Mail.Read"])),
        ("nothing", Caller::allowed(None, &["User.Read.All"])),
    ];
    let bench = Bench::with(GraphOptions { tokens: tokens(&known), ..GraphOptions::default() }).await;
    let all = format!("/users/{ANN}/messages");
    assert_eq!(get(&bench, "app", &all).await.0, 200);
    assert_eq!(get(&bench, "ann", "/me/messages").await.0, 200);
    for token in ["reader", "nothing"] {
        let (status, body) = get(&bench, token, &all).await;
        assert_eq!((status, code(&body)), (403, "ErrorAccessDenied"), "{token}");
    }
    bench.server.set_tokens(tokens(&known[1..]));
    let (status, body) = get(&bench, "app", &all).await;
    assert_eq!((status, code(&body)), (401, "InvalidAuthenticationToken"));
}

#[tokio::test]
async fn signed_tokens_are_checked_to_the_last_claim() {
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::rsa::{KeyPair, KeySize};
    use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
    let key = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let public = key.public_key();
    let part = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
    let keys = json!({"keys": [{
        "kty": "RSA", "kid": "k1",
        "n": part(public.modulus().big_endian_without_leading_zero()),
        "e": part(public.exponent().big_endian_without_leading_zero()),
    }]});
    let sign = |claims: &Value| {
        let header = json!({"alg": "RS256", "kid": "k1"});
        let signed =
            format!("{}.{}", part(header.to_string().as_bytes()), part(claims.to_string().as_bytes()));
        let mut signature = vec![0; key.public_modulus_len()];
        key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature).unwrap();
        format!("{signed}.{}", part(&signature))
    };
    let (issuer, audience) = ("https://issuer.example/v2.0", "https://graph.microsoft.com");
    let tokens = Tokens::Signed { issuer: issuer.to_owned(), audience: audience.to_owned(), keys };
    let bench = Bench::with(GraphOptions { tokens, ..GraphOptions::default() }).await;
    let good = json!({"iss": issuer, "aud": audience, "exp": 4_000_000_000_i64, "roles": ["Mail.ReadWrite"]});
    let all = format!("/users/{ANN}/messages");
    let token = sign(&good);
    assert_eq!(get(&bench, &token, &all).await.0, 200);
    let mut other = good.clone();
    other["roles"] = json!(["Mail.Send"]);
    let (signed, _) = token.rsplit_once('.').unwrap();
    let other = sign(&other);
    let (_, signature) = other.rsplit_once('.').unwrap();
    assert_eq!(get(&bench, &format!("{signed}.{signature}"), &all).await.0, 401, "the signature of another");
    for (name, value, status) in [
        ("iss", json!("https://other.example"), 401),
        ("aud", json!("https://outlook.office365.com"), 401),
        ("exp", json!(1_000_000_000), 401),
        ("roles", json!([]), 403),
    ] {
        let mut claims = good.clone();
        claims[name] = value;
        assert_eq!(get(&bench, &sign(&claims), &all).await.0, status, "{name}");
    }
}
