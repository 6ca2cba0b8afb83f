//! Autodiscover in its three forms.

use crate::{ANN, Answer, Bench, PASSWORD, client};

async fn post(bench: &Bench, path: &str, body: String) -> Answer {
    let request = client().post(format!("{}{path}", bench.server.origin())).basic_auth(ANN, Some(PASSWORD));
    let answer = request.header("content-type", "text/xml").body(body).send().await.unwrap();
    Answer { status: answer.status().as_u16(), text: answer.text().await.unwrap() }
}

fn plain(address: &str) -> String {
    format!(
        "<Autodiscover xmlns=\"http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006\"><Request>\
         <EMailAddress>{address}</EMailAddress><AcceptableResponseSchema>\
         http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a</AcceptableResponseSchema>\
         </Request></Autodiscover>"
    )
}

fn soap(address: &str) -> String {
    format!(
        "<soap:Envelope xmlns:a=\"http://schemas.microsoft.com/exchange/2010/Autodiscover\" \
         xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\"><soap:Body><a:GetUserSettingsRequestMessage>\
         <a:Request><a:Users><a:User><a:Mailbox>{address}</a:Mailbox></a:User></a:Users><a:RequestedSettings>\
         <a:Setting>ExternalEwsUrl</a:Setting></a:RequestedSettings></a:Request></a:GetUserSettingsRequestMessage>\
         </soap:Body></soap:Envelope>"
    )
}

#[tokio::test]
async fn all_three_forms_lead_to_the_service() {
    let bench = Bench::start().await;
    let url = bench.server.url();
    let found = post(&bench, "/autodiscover/autodiscover.xml", plain(ANN)).await;
    assert_eq!(found.all("EwsUrl"), [url.clone(), url.clone()]);
    let found = post(&bench, "/Autodiscover/Autodiscover.svc", soap(ANN)).await;
    assert!(found.all("Value").contains(&url));
    let path = format!("/autodiscover/autodiscover.json/v1.0/{ANN}?Protocol=EWS");
    let answer = client().get(format!("{}{path}", bench.server.origin())).send().await.unwrap();
    let answer: serde_json::Value = answer.json().await.unwrap();
    assert_eq!(answer["Url"], url);
}

#[tokio::test]
async fn nobody_is_found_who_is_not_there_and_nobody_answers_strangers() {
    let bench = Bench::start().await;
    let nobody = "nobody@example.org";
    let plain = post(&bench, "/autodiscover/autodiscover.xml", plain(nobody)).await;
    assert_eq!(plain.one("ErrorCode"), "500");
    let soap = post(&bench, "/autodiscover/autodiscover.svc", soap(nobody)).await;
    assert_eq!(soap.all("ErrorCode"), ["NoError", "InvalidUser"]);
    let stranger = client().post(format!("{}/autodiscover/autodiscover.xml", bench.server.origin()));
    assert_eq!(stranger.send().await.unwrap().status().as_u16(), 401);
}
