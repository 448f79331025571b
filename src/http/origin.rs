//! Where a request comes from: through which proxies, by which scheme, from whose page.

use std::net::{IpAddr, SocketAddr};

use actix_web::{HttpRequest, http::header};
use ipnet::IpNet;

use super::HttpSettings;

/// Networks of proxies whose word is taken.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// These networks.
    pub const fn new(nets: Vec<IpNet>) -> Self {
        Self(nets)
    }

    /// The networks.
    pub fn networks(&self) -> &[IpNet] {
        &self.0
    }

    fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|net| net.contains(&address))
    }
}

/// The client's address: the last one that no trusted proxy vouches for.
pub(super) fn client(request: &HttpRequest, trusted: &TrustedProxies) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip();
    if !trusted.trusts(peer) {
        return Some(peer);
    }
    let forwarded = forwarded(request, "x-forwarded-for");
    // From the right: each proxy appends the peer it saw; what stands on the left the client may forge.
    let hops = forwarded.iter().rev().map_while(|hop| address(hop));
    let mut last = peer;
    for hop in hops {
        last = hop;
        if !trusted.trusts(hop) {
            break;
        }
    }
    Some(last)
}

/// An address as proxies write it: bare, with a port, in brackets.
fn address(hop: &str) -> Option<IpAddr> {
    let bare = hop.trim_start_matches('[').trim_end_matches(']');
    let address: Option<IpAddr> = bare.parse().ok();
    let with_port = || hop.parse::<SocketAddr>().map(|both| both.ip()).ok();
    address
        .or_else(with_port)
        .map(|address| address.to_canonical())
}

/// Whether the client speaks to us by https, as far as we can know.
pub(super) fn is_https(request: &HttpRequest, settings: &HttpSettings) -> bool {
    let by_proxy = request
        .peer_addr()
        .is_some_and(|peer| settings.trusted_proxies.trusts(peer.ip()));
    let said = forwarded(request, "x-forwarded-proto");
    let public_url = settings.public_url.as_deref();
    settings.tls.is_some()
        || public_url.is_some_and(|url| url.starts_with("https://"))
        // The last value is the proxy's own; earlier ones may be the client's.
        || (by_proxy && said.last().is_some_and(|proto| proto == "https"))
}

/// Whether `Origin` is this service's own.
pub(super) fn is_own(request: &HttpRequest, settings: &HttpSettings) -> bool {
    let text = |name: header::HeaderName| {
        request
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
    };
    let Some(origin) = text(header::ORIGIN) else {
        return false;
    };
    let is = |own: &str| origin.eq_ignore_ascii_case(own);
    let public_url = settings.public_url.as_deref();
    if public_url.is_some_and(|url| is(url.trim_end_matches('/'))) {
        return true;
    }
    let scheme = if is_https(request, settings) {
        "https"
    } else {
        "http"
    };
    // The browser sets `Host`; a foreign page cannot choose it.
    text(header::HOST).is_some_and(|host| is(&format!("{scheme}://{host}")))
}

fn forwarded(request: &HttpRequest, name: &str) -> Vec<String> {
    let values = request
        .headers()
        .get_all(name)
        .filter_map(|value| value.to_str().ok());
    values
        .flat_map(|value| value.split(','))
        .map(|part| part.trim().to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use actix_web::test::TestRequest;

    use super::*;

    fn trusted() -> TrustedProxies {
        TrustedProxies::new(vec![
            "10.0.0.0/8".parse().unwrap(),
            "::1/128".parse().unwrap(),
        ])
    }

    fn client_of(peer: &str, forwarded: &str) -> String {
        let request = TestRequest::default().peer_addr(format!("{peer}:1").parse().unwrap());
        let request = request
            .insert_header(("x-forwarded-for", forwarded))
            .to_http_request();
        client(&request, &trusted()).unwrap().to_string()
    }

    #[test]
    fn only_a_trusted_proxy_is_believed() {
        assert_eq!(client_of("203.0.113.9", "198.51.100.1"), "203.0.113.9");
        assert_eq!(client_of("10.1.1.1", "198.51.100.1"), "198.51.100.1");
        assert_eq!(
            client_of("10.1.1.1", "6.6.6.6, 198.51.100.1, 10.2.2.2"),
            "198.51.100.1"
        );
        assert_eq!(client_of("10.1.1.1", "nonsense"), "10.1.1.1");
        assert_eq!(client_of("10.1.1.1", "198.51.100.1:4711"), "198.51.100.1");
        assert_eq!(client_of("[::1]", "[2001:db8::7]:4711"), "2001:db8::7");
        assert_eq!(client_of("[::1]", "::ffff:198.51.100.1"), "198.51.100.1");
    }
}
