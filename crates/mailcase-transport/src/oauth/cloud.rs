//! Microsoft's clouds: one choice sets every host and scope.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which of Microsoft's clouds holds the tenant
/// (<https://learn.microsoft.com/graph/deployments>).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(
    inline,
    extend("x-labels" = {
        "worldwide": "Worldwide", "us_gcc_high": "US Government GCC High", "us_dod": "US Government DoD",
        "china": "China (21Vianet)"
    })
)]
pub enum Cloud {
    /// Also US Government GCC.
    #[default]
    Worldwide,
    UsGccHigh,
    UsDod,
    China,
}

impl Cloud {
    /// Where people and programs sign in.
    #[must_use]
    pub const fn login_host(self) -> &'static str {
        match self {
            Self::Worldwide => "login.microsoftonline.com",
            Self::UsGccHigh | Self::UsDod => "login.microsoftonline.us",
            Self::China => "login.partner.microsoftonline.cn",
        }
    }

    #[must_use]
    pub const fn graph_host(self) -> &'static str {
        match self {
            Self::Worldwide => "graph.microsoft.com",
            Self::UsGccHigh => "graph.microsoft.us",
            Self::UsDod => "dod-graph.microsoft.us",
            Self::China => "microsoftgraph.chinacloudapi.cn",
        }
    }

    /// Exchange Online: EWS and IMAP.
    #[must_use]
    pub const fn exchange_host(self) -> &'static str {
        match self {
            Self::Worldwide => "outlook.office365.com",
            Self::UsGccHigh => "outlook.office365.us",
            Self::UsDod => "outlook-dod.office365.us",
            Self::China => "partner.outlook.cn",
        }
    }

    /// Everything the application was granted on Graph.
    #[must_use]
    pub fn graph_scope(self) -> String {
        format!("https://{}/.default", self.graph_host())
    }

    /// Reading and changing the mail of whoever grants it, on Graph.
    #[must_use]
    pub fn graph_scope_for_person(self) -> String {
        let host = self.graph_host();
        ["Mail.ReadWrite", "Mail.ReadWrite.Shared", "Mail.Send"]
            .map(|permission| format!("https://{host}/{permission}"))
            .join(" ")
    }

    /// The mailbox of whoever grants it, by IMAP.
    #[must_use]
    pub fn imap_scope_for_person(self) -> String {
        format!("https://{}/IMAP.AccessAsUser.All", self.exchange_host())
    }

    /// The mailbox of whoever grants it, by EWS.
    #[must_use]
    pub fn ews_scope_for_person(self) -> String {
        format!("https://{}/EWS.AccessAsUser.All", self.exchange_host())
    }

    /// Everything the application was granted on Exchange Online: EWS and IMAP.
    #[must_use]
    pub fn exchange_scope(self) -> String {
        format!("https://{}/.default", self.exchange_host())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_choice_sets_hosts_and_scopes_together() {
        let clouds = [Cloud::Worldwide, Cloud::UsGccHigh, Cloud::UsDod, Cloud::China];
        let schema = schemars::schema_for!(Cloud).to_value();
        for cloud in clouds {
            let name = serde_json::to_value(cloud).unwrap();
            assert!(schema["x-labels"][name.as_str().unwrap()].is_string(), "{name}");
            assert!(cloud.graph_scope().contains(cloud.graph_host()));
            assert!(cloud.exchange_scope().contains(cloud.exchange_host()));
        }
        assert_eq!(Cloud::default().graph_scope(), "https://graph.microsoft.com/.default");
        // No cloud shares a host that holds mail with another.
        for (index, one) in clouds.iter().enumerate() {
            for other in clouds.iter().skip(index + 1) {
                assert_ne!(one.graph_host(), other.graph_host());
                assert_ne!(one.exchange_host(), other.exchange_host());
            }
        }
    }
}
