//! Which hosts events may be sent to: any public host by http or https; private hosts only if the settings allow them
//! (this prevents server-side request forgery).

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use reqwest::{
    Url,
    dns::{Addrs, Name, Resolve, Resolving},
};

use crate::desk::EgressPolicy;

/// Checks URLs when a webhook is created, when its name is resolved and before each request. So neither a name that later
/// resolves to a private address, nor a host no longer allowed by the settings, gets through.
#[derive(Debug, Clone, Default)]
pub struct Reach {
    allowed: Arc<[String]>,
}

impl Reach {
    /// These hosts are allowed whatever their address; all other hosts must be public.
    pub fn new(allowed: Vec<String>) -> Self {
        let lower = allowed.into_iter().map(|host| host.to_ascii_lowercase());
        Self {
            allowed: lower.collect(),
        }
    }

    fn is_allowed(&self, host: &str) -> bool {
        let host = host.trim_start_matches('[').trim_end_matches(']');
        self.allowed
            .iter()
            .any(|allowed| allowed.eq_ignore_ascii_case(host))
    }
}

/// Whether an address is routed on the public Internet.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            // IETF protocol assignments and 6to4 relays (RFC 6890, RFC 7526)
            let assigned = (a, b, c) == (192, 0, 0) || (a, b, c) == (192, 88, 99);
            let shared = a == 100 && (64..128).contains(&b);
            let benchmark = a == 198 && (b == 18 || b == 19);
            !(v4.is_private()
                || v4.is_loopback()
                || v4.is_link_local()
                || v4.is_broadcast()
                || v4.is_documentation()
                || v4.is_multicast()
                || a == 0
                || a >= 240
                || assigned
                || shared
                || benchmark)
        }
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => is_public(IpAddr::V4(v4)),
            // Global unicast, except 2001::/23 reserved by the IETF (it contains Teredo: RFC 2928, RFC 4380), documentation
            // (2001:db8::/32, 3fff::/20: RFC 9637) and 6to4, which tunnels to an embedded IPv4 address.
            None => {
                let [a, b, ..] = v6.segments();
                let is_global = (a & 0xE000) == 0x2000;
                let is_assigned = a == 0x2001 && b < 0x200;
                let is_documentation = (a == 0x2001 && b == 0xDB8) || (a == 0x3FFF && b < 0x1000);
                is_global && !is_assigned && !is_documentation && a != 0x2002
            }
        },
    }
}

impl EgressPolicy for Reach {
    fn check(&self, raw: &str) -> Result<(), (String, String)> {
        let refused = |zh_tw: &str, en: &str| Err((zh_tw.to_owned(), en.to_owned()));
        let Ok(url) = Url::parse(raw) else {
            return refused("不是網址", "not an address");
        };
        if !matches!(url.scheme(), "http" | "https") {
            return refused(
                "須以 http:// 或 https:// 開頭",
                "must begin with http:// or https://",
            );
        }
        if !url.username().is_empty() || url.password().is_some() {
            return refused("網址不得含帳號密碼", "must hold no name or password");
        }
        let Some(host) = url.host_str() else {
            return refused("缺少主機名稱", "has no host");
        };
        if self.is_allowed(host) {
            return Ok(());
        }
        // Addresses in the URL never reach `resolve`, so they are checked here.
        let literal: Option<IpAddr> = host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .parse()
            .ok();
        let host = host.trim_end_matches('.');
        let is_local =
            host == "localhost" || host.ends_with(".localhost") || host.ends_with(".local");
        if is_local || literal.is_some_and(|address| !is_public(address)) {
            return refused(
                "內部主機須先列入設定 webhooks.allow_hosts",
                "a private host has to stand in the setting webhooks.allow_hosts",
            );
        }
        Ok(())
    }
}

impl Resolve for Reach {
    fn resolve(&self, name: Name) -> Resolving {
        let this = self.clone();
        Box::pin(async move {
            let host = name.as_str().to_owned();
            let addresses = tokio::net::lookup_host((host.as_str(), 0)).await?;
            // The client connects to exactly these addresses, so a name that resolves differently later (DNS
            // rebinding) gains nothing.
            let allowed: Vec<SocketAddr> = addresses
                .filter(|address| this.is_allowed(&host) || is_public(address.ip()))
                .collect();
            if allowed.is_empty() {
                return Err(format!("{host} leads to no address that may be reached").into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn private_hosts_are_allowed_only_if_the_settings_name_them() {
        let reach = Reach::new(vec!["board.internal".to_owned(), "127.0.0.1".to_owned()]);
        let is_allowed = |url: &str| reach.check(url).is_ok();
        assert!(
            is_allowed("https://udn.com/hook")
                && is_allowed("http://[2001:200::1]/")
                && is_allowed("http://[2606:4700::1]/")
                && is_allowed("http://192.0.1.1/")
                && is_allowed("http://127.0.0.1:9/x")
                && is_allowed("http://BOARD.internal/")
        );
        for url in [
            "ftp://udn.com/",
            "http://localhost/",
            "http://10.0.0.5/",
            "http://[::1]/",
            "http://[::ffff:192.168.1.1]/",
            "http://169.254.169.254/latest/meta-data",
            "http://localhost./",
            "http://192.0.0.8/",
            "http://192.88.99.1/",
            "http://[2001::1]/",
            "http://[2001:1ff::1]/",
            "http://[2001:db8::1]/",
            "http://[3fff::1]/",
            "http://[2002:7f00:1::]/",
            "http://[64:ff9b::7f00:1]/",
            "http://0x7f.1/",
            "https://name:word@udn.com/",
            "nonsense",
        ] {
            assert!(!is_allowed(url) || url.contains("0x7f.1"), "{url}");
        }
        assert!(
            Reach::default().check("http://0x7f.1/").is_err(),
            "another spelling of 127.0.0.1"
        );
    }
}
