//! 案由: the usual causes, for the template, the demonstration and checks of spelling.
//!
//! A cause outside this list is accepted: the official lists hold several hundred and change.
//! Deliberately absent: any use of the cause in a result; a ballot carries the case type only.

use crate::stratum::CaseType;

/// Usual causes of a case type, the most frequent first.
#[must_use]
pub const fn usual(case_type: CaseType) -> &'static [&'static str] {
    match case_type {
        CaseType::Civil => &[
            "民间借贷纠纷",
            "买卖合同纠纷",
            "金融借款合同纠纷",
            "机动车交通事故责任纠纷",
            "离婚纠纷",
            "物业服务合同纠纷",
            "劳动争议",
            "建设工程施工合同纠纷",
            "房屋租赁合同纠纷",
            "保险纠纷",
        ],
        CaseType::Criminal => &["危险驾驶罪", "盗窃罪", "诈骗罪", "故意伤害罪"],
        CaseType::Administrative => &["工伤认定", "行政处罚", "政府信息公开", "房屋征收补偿"],
        CaseType::Enforcement => &["首次执行", "恢复执行"],
    }
}
