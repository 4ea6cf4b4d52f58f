//! Whose request it is when proxies stand in front.

use std::str::FromStr;

/// The address a request comes from: the last one in `X-Forwarded-For` that is no proxy of ours, if one of ours passed it on,
/// and otherwise the peer's own. What stands before it, the client may have made up; so where the last one cannot be read, the
/// proxy itself is who asks. `A` is an IP address.
#[must_use]
pub fn client<'a, A>(peer: A, forwarded: impl IntoIterator<Item = &'a str>, trusted: &[A]) -> A
where
    A: PartialEq + FromStr,
{
    if !trusted.contains(&peer) {
        return peer;
    }
    let named = forwarded.into_iter().flat_map(|value| value.split(','));
    let read = named.map(|address| address.trim().parse().ok());
    let client = read.filter(|address| address.as_ref().is_none_or(|address| !trusted.contains(address)));
    client.last().flatten().unwrap_or(peer)
}

#[cfg(test)]
mod tests {
    use super::client;
    use std::net::IpAddr;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn only_our_proxies_are_believed_and_only_what_they_saw() {
        let proxies = [ip("127.0.0.1"), ip("10.0.0.1")];
        let of = |peer, named: &[&str]| client(ip(peer), named.iter().copied(), &proxies);
        assert_eq!(of("203.0.113.9", &["198.51.100.7"]), ip("203.0.113.9"), "nobody we know says so");
        assert_eq!(of("127.0.0.1", &[]), ip("127.0.0.1"));
        assert_eq!(of("127.0.0.1", &["198.51.100.7"]), ip("198.51.100.7"));
        assert_eq!(of("127.0.0.1", &["1.1.1.1, 198.51.100.7,10.0.0.1"]), ip("198.51.100.7"), "1.1.1.1 is made up");
        assert_eq!(of("127.0.0.1", &["1.1.1.1", "2001:db8::7"]), ip("2001:db8::7"), "in a second header");
        let unread = &["1.1.1.1", "198.51.100.7:4711"];
        assert_eq!(
            of("127.0.0.1", unread),
            ip("127.0.0.1"),
            "whoever makes one up is not believed because the next is unread"
        );
    }
}
