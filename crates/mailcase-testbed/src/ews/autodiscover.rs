//! Autodiscover: where the service is, in the three forms clients ask (MS-OXDSCLI, MS-OXWSADISC, version 2).

use super::hall::{Content, Hall, Outcome, PATH};
use super::sheet::escape;
use super::wire::Request;
use hyper::StatusCode;
use roxmltree::Document;

const OUTLOOK: &str = "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a";
const RESPONSE: &str = "http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006";
const SERVICE: &str = "http://schemas.microsoft.com/exchange/2010/Autodiscover";

fn url(request: &Request) -> String {
    format!("{}{PATH}", request.origin)
}

fn xml(text: String) -> Outcome {
    Outcome::of(StatusCode::OK, "text/xml; charset=utf-8", Content::Whole(text))
}

fn escaped(text: &str) -> String {
    let mut into = String::new();
    escape(text, &mut into);
    into
}

/// Version 2: no XML, and nobody has to sign in.
pub(super) fn json(request: &Request) -> Outcome {
    let protocol = request.query.split('&').find_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.eq_ignore_ascii_case("protocol").then(|| value.to_ascii_lowercase())
    });
    let (status, body) = if protocol.as_deref() == Some("ews") {
        (StatusCode::OK, serde_json::json!({"Protocol": "EWS", "Url": url(request)}))
    } else {
        let message = "The given protocol value is invalid. Supported values are 'EWS'.";
        (
            StatusCode::BAD_REQUEST,
            serde_json::json!({"ErrorCode": "InvalidProtocol", "ErrorMessage": message}),
        )
    };
    Outcome::of(status, "application/json; charset=utf-8", Content::Whole(body.to_string()))
}

/// The two forms in XML, for somebody who signed in.
pub(super) fn answer(hall: &Hall, request: &Request, path: &str) -> Outcome {
    let text = String::from_utf8_lossy(&request.body);
    let text = text.trim_start_matches('\u{feff}');
    let Ok(document) = Document::parse(text) else {
        return Outcome::plain(StatusCode::BAD_REQUEST, "The request is no XML.");
    };
    let named = |name: &str| {
        let found = document.descendants().find(|node| node.tag_name().name() == name);
        found.and_then(|node| node.text()).unwrap_or_default().trim().to_owned()
    };
    let asked = if path.ends_with(".svc") { named("Mailbox") } else { named("EMailAddress") };
    let found = hall.exchange.world().find(&asked).map(|mailbox| mailbox.address.clone());
    if path.ends_with(".svc") { soap(request, found.as_deref()) } else { plain(request, found.as_deref()) }
}

fn plain(request: &Request, found: Option<&str>) -> Outcome {
    let Some(address) = found else {
        return xml(format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><Autodiscover xmlns=\"{RESPONSE}\"><Response>\
             <Error Time=\"00:00:00.0000000\" Id=\"1\"><ErrorCode>500</ErrorCode>\
             <Message>The email address can't be found.</Message><DebugData/></Error></Response></Autodiscover>"
        ));
    };
    let (address, url) = (escaped(address), escaped(&url(request)));
    let protocols: String = ["EXCH", "EXPR"]
        .iter()
        .map(|kind| {
            format!(
                "<Protocol><Type>{kind}</Type><Server>exchange.testbed.example</Server>\
                 <ServerVersion>73C189CB</ServerVersion><ASUrl>{url}</ASUrl><EwsUrl>{url}</EwsUrl></Protocol>"
            )
        })
        .collect();
    xml(format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><Autodiscover xmlns=\"{RESPONSE}\"><Response xmlns=\"{OUTLOOK}\">\
         <User><DisplayName>{address}</DisplayName><AutoDiscoverSMTPAddress>{address}</AutoDiscoverSMTPAddress>\
         </User><Account><AccountType>email</AccountType><Action>settings</Action>{protocols}</Account>\
         </Response></Autodiscover>"
    ))
}

fn soap(request: &Request, found: Option<&str>) -> Outcome {
    let url = escaped(&url(request));
    let settings = |address: &str| {
        let address = escaped(address);
        [
            ("AutoDiscoverSMTPAddress", address.as_str()),
            ("UserDisplayName", address.as_str()),
            ("ExternalEwsUrl", url.as_str()),
            ("InternalEwsUrl", url.as_str()),
            ("ExternalEwsVersion", "15.01.2507.000"),
            ("EwsSupportedSchemas", "Exchange2007, Exchange2010_SP2, Exchange2013_SP1, Exchange2016"),
        ]
        .iter()
        .map(|(name, value)| {
            format!(
                "<UserSetting i:type=\"StringSetting\"><Name>{name}</Name><Value>{value}</Value></UserSetting>"
            )
        })
        .collect::<String>()
    };
    let (code, message, settings) = match found {
        Some(address) => ("NoError", "No error.", settings(address)),
        None => ("InvalidUser", "The email address can't be found.", String::new()),
    };
    xml(format!(
        "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" \
         xmlns:a=\"http://www.w3.org/2005/08/addressing\"><s:Header>\
         <a:Action s:mustUnderstand=\"1\">{SERVICE}/Autodiscover/GetUserSettingsResponse</a:Action>\
         <h:ServerVersionInfo xmlns:h=\"{SERVICE}\" xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\">\
         <h:MajorVersion>15</h:MajorVersion><h:MinorVersion>1</h:MinorVersion>\
         <h:MajorBuildNumber>2507</h:MajorBuildNumber><h:MinorBuildNumber>6</h:MinorBuildNumber>\
         <h:Version>Exchange2016</h:Version></h:ServerVersionInfo></s:Header><s:Body>\
         <GetUserSettingsResponseMessage xmlns=\"{SERVICE}\">\
         <Response xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\"><ErrorCode>NoError</ErrorCode>\
         <ErrorMessage/><UserResponses><UserResponse><ErrorCode>{code}</ErrorCode>\
         <ErrorMessage>{message}</ErrorMessage><RedirectTarget i:nil=\"true\"/><UserSettingErrors/>\
         <UserSettings>{settings}</UserSettings></UserResponse></UserResponses></Response>\
         </GetUserSettingsResponseMessage></s:Body></s:Envelope>"
    ))
}
