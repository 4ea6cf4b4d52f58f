//! Names of people and firms who do not exist.
//!
//! Surnames come with roughly the frequency they have in Shandong; the same name may fall to two people, as it does in life.
//! Deliberately absent: names of real judges, lawyers or firms; whoever bears such a name bears it by chance.

use std::collections::BTreeSet;

use super::dice::Dice;

/// Surnames, the most frequent first.
const SURNAMES: [&str; 40] = [
    "王", "李", "张", "刘", "孙", "陈", "赵", "于", "杨", "徐", "姜", "高", "马", "宋", "周", "吴", "郭", "朱", "韩",
    "崔", "林", "吕", "曲", "迟", "矫", "薛", "江", "隋", "丁", "纪", "邹", "栾", "宫", "万", "匡", "逄", "臧", "辛",
    "盖", "欧阳",
];
const GIVEN: &str =
    "海波建国文静丽娟晓明志强春燕立新玉梅振华秀兰宏伟雪松佳慧子轩思远雨桐浩然明哲嘉怡俊杰若琳一鸣承泽安宁景行正平维中";
const FIRM: &str = "衡正德信诚明海岳泰和鼎新博观文康齐鲁琴岛崂峰浮山汇泉金浪澄源允中弘毅清扬律远尚公";
const CITIES: [&str; 4] = ["北京", "上海", "济南", "山东"];

/// A name of two or three characters.
pub fn person(dice: &mut Dice) -> String {
    let surname = dice.weighted((1..=SURNAMES.len()).map(|rank| 1.0 / (rank as f64).powf(0.8)));
    let mut name = SURNAMES[surname].to_owned();
    let given: Vec<char> = GIVEN.chars().collect();
    for _ in 0..if dice.chance(0.22) { 1 } else { 2 } {
        name.push(*dice.pick(&given));
    }
    name
}

/// Names of `count` firms, all different; about one in six is the branch of a firm elsewhere.
pub fn firms(dice: &mut Dice, count: usize) -> Vec<String> {
    let characters: Vec<char> = FIRM.chars().collect();
    let mut seen = BTreeSet::new();
    let mut firms = Vec::with_capacity(count);
    while firms.len() < count {
        let word: String = (0..2).map(|_| *dice.pick(&characters)).collect();
        let city = *dice.pick(&CITIES);
        let name = if dice.chance(0.16) && city != "山东" {
            format!("{city}{word}（青岛）律师事务所")
        } else {
            format!("山东{word}律师事务所")
        };
        // Two characters give some thousand words: a city never runs out of them.
        if seen.insert(name.clone()) {
            firms.push(name);
        }
    }
    firms
}

/// A licence number: 1, the area 3702 (or 3701 for someone from elsewhere), year, kind 1, sex, six digits.
pub fn licence(dice: &mut Dice, area: u32, serial: u32) -> String {
    let year = 2026 - dice.between(1, 28);
    format!("1{area:04}{year:04}1{}{serial:06}", dice.between(0, 1))
}

#[cfg(test)]
mod tests {
    use hengping_domain::docket::people;

    use super::*;

    #[test]
    fn names_are_such_as_the_docket_reads() {
        let mut dice = Dice::new(3, "names");
        for serial in 0..500 {
            let name = person(&mut dice);
            assert_eq!(people::name(&name).as_ref(), Ok(&name));
            assert!(people::licence(&licence(&mut dice, 3702, serial)).is_ok());
        }
        let firms = firms(&mut dice, 300);
        assert!(firms.iter().all(|firm| people::firm(firm).as_ref() == Ok(firm)));
        assert_eq!(firms.iter().collect::<BTreeSet<_>>().len(), 300);
    }
}
