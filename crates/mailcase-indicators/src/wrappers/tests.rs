//! Every format with an example in its published shape; hosts and tokens are made up where the shape allows it.

use super::*;

#[track_caller]
fn check(link: &str, wrapper: Wrapper, target: &str) {
    let url = Url::parse(link).unwrap();
    assert_eq!(unwrap(&url), Some((wrapper, Target::Url(target.to_owned()))), "{link}");
}

#[track_caller]
fn stays(link: &str) {
    assert_eq!(unwrap_or_host(&Url::parse(link).unwrap()), None, "{link}");
}

#[test]
fn safe_links() {
    let tail = "?url=https%3A%2F%2Fevil.example%2Fa%3Fb%3Dc&data=05%7C02%7C&sdata=abc%3D&reserved=0";
    for host in [
        "nam02.safelinks.protection.outlook.com",
        "eur01.safelinks.protection.outlook.com",
        "safelinks.protection.outlook.com",
        "gcc02.safelinks.protection.outlook.com",
        "usg02.safelinks.protection.office365.us",
        "chn01.safelinks.protection.partner.outlook.cn",
    ] {
        check(&format!("https://{host}/{tail}"), Wrapper::SafeLinks, "https://evil.example/a?b=c");
    }
    let page = "https://statics.teams.cdn.office.net/evergreen-assets/safelinks/1/atp-safelinks.html";
    check(&format!("{page}{tail}&locale=en-us"), Wrapper::SafeLinks, "https://evil.example/a?b=c");
    stays("https://safelinks.protection.outlook.com.evil.example/?url=https%3A%2F%2Fx.example");
    stays("https://nam02.safelinks.protection.outlook.com/?data=x");
}

#[test]
fn exchange() {
    check(
        "https://mail.corp.example/owa/redir.aspx?C=abc&URL=http%3a%2f%2fevil.example%2f",
        Wrapper::Exchange,
        "http://evil.example/",
    );
}

#[test]
fn proofpoint() {
    check(
        "https://urldefense.proofpoint.com/v1/url?u=http://www.bouncycastle.org/&k=oIvRg1%2BdGAgOoM1BIlLLqw%3D%3D%0A&r=x",
        Wrapper::Proofpoint,
        "http://www.bouncycastle.org/",
    );
    check(
        "https://urldefense.proofpoint.com/v2/url?u=https-3A__media.mnn.com_assets_images_2016_06_jupiter-2Dnasa.jpg.638x0-5Fq80-5Fcrop-2Dsmart.jpg&d=DwMBaQ&c=Vxt5e0Osvvt2gflwSlsJ5DmPGcPvTRKLJyp031rXjhg",
        Wrapper::Proofpoint,
        "https://media.mnn.com/assets/images/2016/06/jupiter-nasa.jpg.638x0_q80_crop-smart.jpg",
    );
    check(
        "https://urldefense.com/v3/__https://google.com:443/search?q=a*test&gs=ps__;Kw!-612Flbf0JvQ3kNJkRi5Jg!Ue6tQudNKaShHg93trcdjqDP8se2ySE65jyCIe2K1D_uNjZ1Lnf6YLQERujngZv9UWf66ujQIQ$",
        Wrapper::Proofpoint,
        "https://google.com:443/search?q=a+test&gs=ps",
    );
    check(
        "https://urldefense.com/v3/__https:/evil.example/a__;!!abc!def$",
        Wrapper::Proofpoint,
        "https://evil.example/a",
    );
    check(
        "https://urldefense.us/v3/__https://evil.example/a__;!!abc!def$",
        Wrapper::Proofpoint,
        "https://evil.example/a",
    );
    // `**B` is a run of three characters.
    check(
        "https://urldefense.com/v3/__https://evil.example/**Bx*__;w6TDtsO8w58!!a!b$",
        Wrapper::Proofpoint,
        "https://evil.example/äöüxß",
    );
    stays("https://urldefense.com/v3/__https://evil.example/***__;!!a!b$");
    stays("https://urldefense.com/v4/__https://evil.example/");
}

/// What one product wraps as it stands may be a link of another's that runs at its customers' hosts.
#[test]
fn the_outermost_layer_is_opened_first() {
    let inner = "https://mail.corp.example/owa/redir.aspx?C=a&URL=https%3A%2F%2Fevil.example%2F";
    check(
        "https://urldefense.com/v3/__https://mail.corp.example/owa/redir.aspx?C=a&URL=https*3A*2F*2Fevil.example*2F__;JSUlJQ!!abc!def$",
        Wrapper::Proofpoint,
        inner,
    );
    check(&format!("https://url.avanan.click/v2/___{inner}___.YXAzOmFi"), Wrapper::Avanan, inner);
    check(inner, Wrapper::Exchange, "https://evil.example/");
}

#[test]
fn mail_security() {
    check(
        "https://linkprotect.cudasvc.com/url?a=https%3a%2f%2fevil.example%2fx&c=E,1,abc&typo=1",
        Wrapper::Barracuda,
        "https://evil.example/x",
    );
    check(
        "https://secure-web.cisco.com/1AbCdEf-gh_i/https%3A%2F%2Fevil.example%2Fa%3Fb%3D1",
        Wrapper::Cisco,
        "https://evil.example/a?b=1",
    );
    check(
        "https://imsva91-ctp.trendmicro.com:443/wis/clicktime/v1/query?url=https%3a%2f%2fevil.example%2fx&umid=A&auth=b",
        Wrapper::TrendMicro,
        "https://evil.example/x",
    );
    check(
        "https://eu-west-1.protection.sophos.com/?d=evil.example&u=aHR0cHM6Ly9ldmlsLmV4YW1wbGUveA==&i=1&t=2&h=3&s=4",
        Wrapper::Sophos,
        "https://evil.example/x",
    );
    check(
        "https://clicktime.symantec.com/a/1/abc=?d=def&u=https%3A%2F%2Fevil.example%2Fx",
        Wrapper::Symantec,
        "https://evil.example/x",
    );
    check(
        "https://fortimail.corp.example/fmlurlsvc/?fewReq=:B:abc&url=https%3a%2f%2fevil.example%2fx",
        Wrapper::Fortinet,
        "https://evil.example/x",
    );
    check(
        "https://protect2.fireeye.com/v1/url?k=1-2&q=1&e=3&u=https%3A%2F%2Fevil.example%2Fx",
        Wrapper::FireEye,
        "https://evil.example/x",
    );
    check(
        "https://url.avanan.click/v2/___https://evil.example/x___.YXAzOmFi",
        Wrapper::Avanan,
        "https://evil.example/x",
    );
    check(
        "https://protect.checkpoint.com/v2/___https://evil.example/x___.YzJ1",
        Wrapper::Avanan,
        "https://evil.example/x",
    );
    stays("https://protect.checkpoint.com/v2/r02/___mjiux://jfbq___.YzJ1");
    check(
        "https://urlsand.esvalabs.com/?u=https%3A%2F%2Fevil.example%2F&e=1&h=2",
        Wrapper::Esva,
        "https://evil.example/",
    );
    check(
        "https://link.edgepilot.com/s/ab/cd?u=https://evil.example/x",
        Wrapper::EdgePilot,
        "https://evil.example/x",
    );
    check(
        "https://linkscan.io/scan/ux/aHR0cHM6Ly9ldmlsLmV4YW1wbGUv/abc",
        Wrapper::Zix,
        "https://evil.example/",
    );
}

#[test]
fn only_the_host() {
    for link in [
        "https://protect-eu.mimecast.com/s/AbCdEf?domain=evil.example",
        "https://url.us.m.mimecastprotect.com/s/AbCdEf?domain=evil.example",
    ] {
        let want = Some((Wrapper::Mimecast, Target::Host("evil.example".to_owned())));
        assert_eq!(unwrap_or_host(&Url::parse(link).unwrap()), want);
    }
    stays("https://protect-eu.mimecast.com/s/AbCdEf");
}

#[test]
fn redirectors() {
    check(
        "https://www.google.com/url?q=https%3A%2F%2Fevil.example%2Fx&sa=D",
        Wrapper::Google,
        "https://evil.example/x",
    );
    check(
        "https://www.google.co.uk/url?sa=t&url=https%3A%2F%2Fevil.example%2F",
        Wrapper::Google,
        "https://evil.example/",
    );
    check("https://www.google.com/amp/s/evil.example/x?y=1", Wrapper::Google, "https://evil.example/x?y=1");
    check("https://google.com/amp/evil.example/x", Wrapper::Google, "http://evil.example/x");
    check(
        "https://evil-example.cdn.ampproject.org/c/s/evil.example/x",
        Wrapper::Google,
        "https://evil.example/x",
    );
    check(
        "https://www.googleadservices.com/pagead/aclk?sa=L&adurl=https://evil.example/",
        Wrapper::Google,
        "https://evil.example/",
    );
    check(
        "https://adclick.g.doubleclick.net/pcs/click?x=1&adurl=https://evil.example/",
        Wrapper::Google,
        "https://evil.example/",
    );
    stays("https://www.google.com/search?q=https%3A%2F%2Fevil.example");
    stays("https://www.google.com/url?q=just+words");
    stays("https://google.com.evil.example/url?q=https://x.example/");
}

#[test]
fn networks_and_senders() {
    check(
        "https://slack-redir.net/link?url=https%3A%2F%2Fevil.example",
        Wrapper::Slack,
        "https://evil.example",
    );
    check(
        "https://l.facebook.com/l.php?u=https%3A%2F%2Fevil.example%2F&h=AT",
        Wrapper::Facebook,
        "https://evil.example/",
    );
    check(
        "https://www.linkedin.com/safety/go?url=https%3A%2F%2Fevil.example%2F",
        Wrapper::LinkedIn,
        "https://evil.example/",
    );
    check(
        "https://www.linkedin.com/redir/redirect?url=evil.com%2Fx&urlhash=1",
        Wrapper::LinkedIn,
        "http://evil.com/x",
    );
    check(
        "https://www.youtube.com/redirect?event=x&q=https%3A%2F%2Fevil.example%2F",
        Wrapper::YouTube,
        "https://evil.example/",
    );
    check(
        "https://www.bing.com/ck/a?!&&p=1&u=a1aHR0cHM6Ly9ldmlsLmV4YW1wbGUv&ntb=1",
        Wrapper::Bing,
        "https://evil.example/",
    );
    check(
        "https://duckduckgo.com/l/?uddg=https%3A%2F%2Fevil.example%2F",
        Wrapper::DuckDuckGo,
        "https://evil.example/",
    );
    check("https://vk.com/away.php?to=https%3A%2F%2Fevil.example%2F", Wrapper::Vk, "https://evil.example/");
    check(
        "https://t.umblr.com/redirect?z=https%3A%2F%2Fevil.example%2F&t=1",
        Wrapper::Tumblr,
        "https://evil.example/",
    );
    check(
        "https://steamcommunity.com/linkfilter/?url=https://evil.example/",
        Wrapper::Steam,
        "https://evil.example/",
    );
    check(
        "https://out.reddit.com/t3_x?url=https%3A%2F%2Fevil.example%2F",
        Wrapper::Reddit,
        "https://evil.example/",
    );
    check(
        "https://disq.us/url?url=https%3A%2F%2Fevil.example%2F%3Aabc&cuid=1",
        Wrapper::Disqus,
        "https://evil.example/",
    );
    check(
        "https://r.search.yahoo.com/_ylt=A/RV=2/RE=1/RO=10/RU=https%3a%2f%2fevil.example%2f/RK=2/RS=x",
        Wrapper::Yahoo,
        "https://evil.example/",
    );
    check(
        "https://abc.r.us-east-1.awstrack.me/L0/https:%2F%2Fevil.example%2Fx/1/0100/abc=1",
        Wrapper::AmazonSes,
        "https://evil.example/x",
    );
    check(
        "https://mandrillapp.com/track/click/30489975/evil.example?p=eyJzIjoiYSIsInYiOjEsInAiOiJ7XCJ1XCI6MSxcInVybFwiOlwiaHR0cHM6XFxcL1xcXC9ldmlsLmV4YW1wbGVcXFwveFwifSJ9",
        Wrapper::Mandrill,
        "https://evil.example/x",
    );
}
