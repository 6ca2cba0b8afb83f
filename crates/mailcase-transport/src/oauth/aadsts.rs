//! The numbers by which Microsoft Entra refuses (AADSTS…), as a person understands them, with the remedy
//! (<https://learn.microsoft.com/entra/identity-platform/reference-error-codes>). Only for explanation: which kind of
//! error it is, is decided by the words of the standard, and by [`is_transient`].

/// Microsoft's own trouble; it passes.
pub(crate) const fn is_transient(number: u32) -> bool {
    matches!(number, 50_033 | 90_006 | 90_024 | 90_033 | 130_004..=130_008)
}

/// What happened and what to do.
pub(crate) fn explain(number: u32) -> Option<(&'static str, &'static str)> {
    EXPLANATIONS
        .iter()
        .find(|(numbers, _, _)| numbers.contains(&number))
        .map(|(_, what, remedy)| (*what, *remedy))
}

const GRANT_AGAIN: &str = "Open the connector and choose Grant access again.";
const ADMIN_CONSENT: &str =
    "Have an administrator grant consent: Entra, App registrations, the application, API permissions.";

type Explanation = (&'static [u32], &'static str, &'static str);

const EXPLANATIONS: &[Explanation] = &[
    // the application
    (
        &[700_016],
        "the application is not known in this tenant",
        "Check client id and tenant, and whether the cloud is the right one.",
    ),
    (
        &[7_000_215],
        "the client secret is wrong",
        "Enter the secret's value, not its id: Entra shows the value only once, right after the secret was made.",
    ),
    (
        &[7_000_222],
        "the client secret has expired",
        "Make a new secret in Entra (Certificates & secrets) and enter its value.",
    ),
    (
        &[700_027, 7_000_274, 700_030],
        "the certificate is not registered for the application, or has expired",
        "Upload the public certificate to the application in Entra (Certificates & secrets), or choose another here.",
    ),
    (&[700_024], "the signed statement is not valid at this time", "Set the clock of this machine right."),
    (
        &[700_023, 700_021, 50_027],
        "the signed statement is not accepted",
        "Check client id, tenant and certificate.",
    ),
    (
        &[7_000_218],
        "a client secret or certificate is needed",
        "Enter one, or permit public client flows for the application in Entra (Authentication).",
    ),
    (
        &[700_025],
        "the application is a public one and must not send a secret",
        "Remove the secret, or register the application's redirect URI under Web in Entra.",
    ),
    (
        &[7_000_112, 500_014],
        "the application is disabled",
        "Have an administrator enable it: Entra, Enterprise applications.",
    ),
    (
        &[7_000_229, 500_011, 650_052, 650_056, 650_057, 700_054],
        "the application, or what it wants to reach, is not set up in this tenant",
        ADMIN_CONSENT,
    ),
    // the tenant
    (
        &[90_002, 900_023, 900_021],
        "there is no such tenant",
        "Check the tenant's id or domain, and whether the cloud is the right one.",
    ),
    (
        &[900_382, 900_432, 90_072, 50_020, 50_128, 50_059],
        "the account or tenant belongs elsewhere",
        "Sign in with an account of this tenant; check tenant and cloud.",
    ),
    (
        &[50_194],
        "the application serves one tenant only, and none is set",
        "Enter the tenant, or make the application multi-tenant in Entra.",
    ),
    // permissions
    (&[65_001, 650_051], "the application was not granted its permissions", ADMIN_CONSENT),
    (&[90_094, 90_095, 900_941], "an administrator has to grant the permissions", ADMIN_CONSENT),
    (
        &[65_004],
        "the person who signed in did not grant access",
        "Grant access again and accept what is asked.",
    ),
    (
        &[50_105],
        "this account is not assigned to the application",
        "Have an administrator assign it: Entra, Enterprise applications, Users and groups.",
    ),
    (
        &[70_011, 1_002_012, 28_000, 28_002, 28_003],
        "a permission that is asked for does not exist here",
        "Check the cloud; an application that signs in by itself asks for …/.default.",
    ),
    (
        &[50_011, 500_113],
        "the address the browser returns to is not registered",
        "Add the address shown in the settings to the application's redirect URIs in Entra, exactly as shown.",
    ),
    // the grant
    (&[700_082, 70_043, 700_084, 70_008, 700_081], "the grant has expired", GRANT_AGAIN),
    (
        &[50_173, 50_133, 500_133, 50_132, 70_000, 50_089],
        "the grant was revoked, such as by a change of password",
        GRANT_AGAIN,
    ),
    (&[54_005, 70_002, 501_481], "the code the browser brought is no longer valid", GRANT_AGAIN),
    // the person
    (
        &[50_034, 51_004, 50_177],
        "there is no such account in this tenant",
        "Check the account and the tenant.",
    ),
    (
        &[50_057],
        "the account is disabled",
        "Have an administrator enable it, or grant access with another account.",
    ),
    (
        &[50_053, 50_126, 50_055, 50_144, 50_056],
        "the account's password is wrong, expired, or the account is locked",
        "Sign in at Microsoft in the browser first, then grant access again.",
    ),
    (&[50_076, 50_079, 50_074, 50_072, 50_158, 50_078], "a second factor is asked for", GRANT_AGAIN),
    (
        &[53_003, 53_000, 53_001, 53_002, 53_004, 53_011, 53_009],
        "conditional access forbids it",
        "Have an administrator see the sign-in logs of Entra for the policy, and permit this application from here.",
    ),
    (
        &[50_196],
        "too many sign-ins in a short time",
        "Wait for some minutes; check whether several installations use the same application.",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_number_is_explained_once_and_none_that_passes_by_itself() {
        let numbers: Vec<u32> =
            EXPLANATIONS.iter().flat_map(|(numbers, _, _)| numbers.iter().copied()).collect();
        assert_eq!(numbers.iter().collect::<BTreeSet<_>>().len(), numbers.len());
        assert!(!numbers.iter().any(|number| is_transient(*number)));
        assert!(EXPLANATIONS.iter().all(|(_, what, remedy)| !what.ends_with('.') && remedy.ends_with('.')));
        assert_eq!(explain(1), None);
    }
}
