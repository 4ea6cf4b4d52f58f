//! The courts of the city: the intermediate court and its ten basic courts, with the codes used in case numbers.
//!
//! A code that a merged or renamed court once had still finds its successor.
//! Deliberately absent: the maritime and the railway court, which sit in the city but answer to others.

use super::text::fold;

/// One court.
#[derive(Debug, PartialEq, Eq)]
pub struct Court {
    /// Code in case numbers, for example `鲁0202`.
    pub code: &'static str,
    /// Full name.
    pub name: &'static str,
    /// Name in everyday use.
    pub short: &'static str,
    /// The district in pinyin, as on the courts' own English pages.
    pub english: &'static str,
}

/// All courts, the intermediate court first.
pub const COURTS: [Court; 11] = [
    Court { code: "鲁02", name: "青岛市中级人民法院", short: "青岛中院", english: "Intermediate" },
    Court { code: "鲁0202", name: "青岛市市南区人民法院", short: "市南法院", english: "Shinan" },
    Court { code: "鲁0203", name: "青岛市市北区人民法院", short: "市北法院", english: "Shibei" },
    Court { code: "鲁0211", name: "青岛市黄岛区人民法院", short: "黄岛法院", english: "Huangdao" },
    Court { code: "鲁0212", name: "青岛市崂山区人民法院", short: "崂山法院", english: "Laoshan" },
    Court { code: "鲁0213", name: "青岛市李沧区人民法院", short: "李沧法院", english: "Licang" },
    Court { code: "鲁0214", name: "青岛市城阳区人民法院", short: "城阳法院", english: "Chengyang" },
    Court { code: "鲁0215", name: "青岛市即墨区人民法院", short: "即墨法院", english: "Jimo" },
    Court { code: "鲁0281", name: "胶州市人民法院", short: "胶州法院", english: "Jiaozhou" },
    Court { code: "鲁0283", name: "平度市人民法院", short: "平度法院", english: "Pingdu" },
    Court { code: "鲁0285", name: "莱西市人民法院", short: "莱西法院", english: "Laixi" },
];

/// Codes and names of before, with the code of today: 即墨 was a city until 2017.
const FORMER: [(&str, &str); 2] = [("鲁0282", "鲁0215"), ("即墨市人民法院", "鲁0215")];

impl Court {
    /// The court that `code` stands for today, old codes included.
    #[must_use]
    pub fn by_code(code: &str) -> Option<&'static Self> {
        let code = FORMER.iter().find(|(old, _)| *old == code).map_or(code, |(_, new)| new);
        COURTS.iter().find(|court| court.code == code)
    }

    /// The court that a cell names by code, full name or everyday name.
    #[must_use]
    pub fn named(text: &str) -> Option<&'static Self> {
        let text = fold(text);
        Self::by_code(&text).or_else(|| COURTS.iter().find(|court| court.name == text || court.short == text))
    }

    /// Whether appeals from here leave the city.
    #[must_use]
    pub fn is_intermediate(&self) -> bool {
        self.code == COURTS[0].code
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_court_is_found_by_each_of_its_names() {
        for court in &COURTS {
            for name in [court.code, court.name, court.short] {
                assert_eq!(Court::named(name), Some(court), "{name}");
            }
        }
        assert_eq!(Court::named(" 鲁０２０２ ").map(|c| c.short), Some("市南法院"));
        assert_eq!(Court::named("鲁0282").map(|c| c.code), Some("鲁0215"));
        assert_eq!(Court::named("即墨市人民法院").map(|c| c.code), Some("鲁0215"));
        assert_eq!(Court::named("鲁0299"), None);
        assert_eq!(COURTS.iter().filter(|c| c.is_intermediate()).count(), 1);
    }
}
