//! The tables as diesel sees them, one block per table; the migrations of both backends create them.
//!
//! Keys are random text, truth values are 0 or 1 in a BIGINT, days are ISO 8601 text, seconds are Unix seconds.
//! Deliberately absent: columns finer than the day beside a ballot, and any table with a person and a ballot in it.

diesel::table! {
    /// Who may sign in.
    account (id) {
        id -> Text,
        login -> Text,
        name -> Text,
        person -> Nullable<Text>,
        password -> Text,
        disabled -> BigInt,
        demo -> BigInt,
    }
}

diesel::table! {
    /// What an account may do, and for which side.
    account_role (account, role) {
        account -> Text,
        role -> Text,
        side -> Nullable<Text>,
    }
}

diesel::table! {
    /// Failed sign-ins by the hash of the login, whether or not there is such an account.
    sign_in_failure (login) {
        login -> Text,
        failed -> BigInt,
        locked_until -> BigInt,
        forget_at -> BigInt,
    }
}

diesel::table! {
    /// Open browser sessions by the hash of their token.
    session (token) {
        token -> Text,
        account -> Text,
        expires_at -> BigInt,
    }
}

diesel::table! {
    /// What was done, each entry naming the hash of the one before; without numbers and without times of day.
    audit (hash) {
        hash -> Text,
        prev -> Text,
        day -> Text,
        body -> Text,
    }
}

diesel::table! {
    /// The newest entry of the audit log.
    audit_head (chain) {
        chain -> Text,
        hash -> Text,
    }
}

diesel::joinable!(account_role -> account (account));
diesel::joinable!(session -> account (account));
diesel::allow_tables_to_appear_in_same_query!(account, account_role, session);
diesel::allow_tables_to_appear_in_same_query!(person, roster_entry);
diesel::allow_tables_to_appear_in_same_query!(account, research_notice);

diesel::table! {
    /// Judges, lawyers and others of the rosters; `ratee` is the only name that enters a ballot.
    person (id) {
        id -> Text,
        ratee -> Text,
        side -> Text,
        kind -> Text,
        number -> Text,
        name -> Text,
    }
}

diesel::table! {
    /// Where a person belonged and when; an empty day is open.
    roster_entry (number, organisation, held_from) {
        number -> Text,
        organisation -> Text,
        held_from -> Text,
        held_until -> Text,
        chamber -> Nullable<Text>,
    }
}

diesel::table! {
    /// Imported cases; `content` is the record's hash.
    case_file (id) {
        id -> Text,
        number -> Text,
        court -> Text,
        content -> Text,
        record -> Text,
    }
}

diesel::table! {
    /// Imports with their summaries and row problems.
    docket_import (id) {
        id -> Text,
        day -> Text,
        file -> Text,
        summary -> Text,
        problems -> Text,
    }
}

diesel::table! {
    /// Canonical bodies by hash; never changed.
    document (hash) {
        hash -> Text,
        kind -> Text,
        body -> Text,
        day -> Text,
    }
}

diesel::table! {
    /// Signatures of the sides over documents.
    signature (document, side) {
        document -> Text,
        side -> Text,
        key -> Text,
        #[sql_name = "signature"]
        bytes -> Text,
        day -> Text,
    }
}

diesel::table! {
    /// Extensions, corrections and withdrawals, by the box they are about.
    box_document (document) {
        document -> Text,
        #[sql_name = "box"]
        box_ -> Text,
        kind -> Text,
    }
}

diesel::table! {
    /// Test ballots of a rehearsal, from both ends.
    rehearsal (box_) {
        #[sql_name = "box"]
        box_ -> Text,
        ballots_in -> BigInt,
        answers_in -> Text,
        ballots_out -> Nullable<BigInt>,
        answers_out -> Nullable<Text>,
    }
}

diesel::table! {
    /// Public keys of each side.
    side_key (side) {
        side -> Text,
        signing -> Text,
        agent -> Text,
        demo -> BigInt,
    }
}

diesel::table! {
    /// 评价周期.
    period (id) {
        id -> Text,
        title_zh -> Text,
        title_en -> Text,
        kind -> Text,
        starts_on -> Text,
        ends_on -> Text,
        cast_until -> Text,
        charter -> Text,
    }
}

diesel::table! {
    /// Each side's commitment to and contribution of the seed of a period's draw.
    draw_share (period, side) {
        period -> Text,
        side -> Text,
        commitment -> Text,
        contribution -> Nullable<Text>,
    }
}

diesel::table! {
    /// 封存库.
    ballot_box (id) {
        id -> Text,
        period -> Text,
        rubric -> Text,
        manifest -> Text,
        state -> Text,
        counts -> Nullable<Text>,
    }
}

diesel::table! {
    /// Home court of every rater of a box, fixed when first invited.
    rater (box_, person) {
        #[sql_name = "box"]
        box_ -> Text,
        person -> Text,
        home -> Text,
    }
}

diesel::table! {
    /// 待评案件; says nothing about whether a ballot was cast.
    invitation (id) {
        id -> Text,
        #[sql_name = "box"]
        box_ -> Text,
        case_file -> Text,
        rater -> Text,
        ratee -> Text,
        court -> Text,
        stratum -> Text,
        not_applicable -> Text,
        due_on -> Text,
        state -> Text,
        recusal -> Nullable<Text>,
        list -> Nullable<BigInt>,
    }
}

diesel::table! {
    /// What an agent was asked, and answers that wait for whoever asked.
    agent_request (digest, side) {
        digest -> Text,
        side -> Text,
        #[sql_name = "box"]
        box_ -> Text,
        kind -> Text,
        request -> Text,
        answer -> Nullable<Text>,
    }
}

diesel::table! {
    /// What agents said and everybody may read, by what was asked.
    statement (request, side) {
        request -> Text,
        side -> Text,
        #[sql_name = "box"]
        box_ -> Text,
        kind -> Text,
        #[sql_name = "statement"]
        text -> Text,
        day -> Text,
    }
}

diesel::table! {
    /// Lists of who may rate whom, by root; the entries are the invitations that name the list.
    eligibility (box_, number) {
        #[sql_name = "box"]
        box_ -> Text,
        number -> BigInt,
        request -> Text,
        size -> BigInt,
        total -> BigInt,
        root -> Text,
        day -> Text,
    }
}

diesel::table! {
    /// Request keys of raters' devices, with the certificate of the own side's agent.
    enrolment (box_, person) {
        #[sql_name = "box"]
        box_ -> Text,
        person -> Text,
        request_key -> Text,
        mac -> Text,
        certificate -> Nullable<Text>,
        refused -> Nullable<Text>,
    }
}

diesel::table! {
    /// Batches as the relay handed them over; `body` is the digest of what came.
    batch (box_, number) {
        #[sql_name = "box"]
        box_ -> Text,
        number -> BigInt,
        body -> Text,
        size -> BigInt,
        state -> Text,
        day -> Text,
    }
}

diesel::table! {
    /// A batch on its way to the agents, written once and sorted by leaf.
    pending (leaf) {
        leaf -> Text,
        #[sql_name = "box"]
        box_ -> Text,
        number -> BigInt,
        stamp -> Text,
        seq -> BigInt,
        signature -> Text,
        envelope -> Binary,
    }
}

diesel::table! {
    /// The box: only ever written in batches sorted by leaf.
    sealed (leaf) {
        leaf -> Text,
        #[sql_name = "box"]
        box_ -> Text,
        number -> BigInt,
        stamp -> Text,
        seq -> BigInt,
        envelope -> Binary,
    }
}

diesel::table! {
    /// Leaves that an agent turned away.
    refused_leaf (leaf, side) {
        leaf -> Text,
        side -> Text,
        #[sql_name = "box"]
        box_ -> Text,
        number -> BigInt,
    }
}

diesel::table! {
    /// States of the log that both agents signed.
    checkpoint (box_, size) {
        #[sql_name = "box"]
        box_ -> Text,
        size -> BigInt,
        root -> Text,
        bench -> Text,
        bar -> Text,
        day -> Text,
    }
}

diesel::table! {
    /// What was cast under every leaf of a dead box, by digest.
    published_stamp (leaf) {
        leaf -> Text,
        #[sql_name = "box"]
        box_ -> Text,
        number -> BigInt,
        stamp -> Text,
        seq -> BigInt,
        envelope -> Text,
    }
}

diesel::table! {
    /// The last package sent to an agent, or taken from it.
    package_place (party, sent) {
        party -> Text,
        sent -> BigInt,
        sequence -> BigInt,
        digest -> Text,
    }
}

diesel::table! {
    /// What that package held, by digest.
    package_content (party, sent) {
        party -> Text,
        sent -> BigInt,
        previous -> Text,
        expires -> Text,
        entries -> Text,
    }
}

diesel::table! {
    /// The counted list of an opened box.
    counted (box_, hash) {
        hash -> Text,
        #[sql_name = "box"]
        box_ -> Text,
    }
}

diesel::table! {
    /// Releases by the hash of their document.
    release (hash) {
        hash -> Text,
        #[sql_name = "box"]
        box_ -> Text,
        state -> Text,
        day -> Text,
    }
}

diesel::table! {
    /// Figures and tables that a release binds by hash.
    release_file (release, name) {
        release -> Text,
        name -> Text,
        content -> Binary,
    }
}

diesel::table! {
    /// Until when ratees may answer to a draft.
    reply_window (release) {
        release -> Text,
        opened_on -> Text,
        last_day -> Text,
        provisional -> BigInt,
        decide_by -> Nullable<Text>,
        decide_provisional -> BigInt,
    }
}

diesel::table! {
    /// What a ratee says beside the own result.
    reply_statement (release, subject) {
        release -> Text,
        subject -> Text,
        words -> Text,
    }
}

diesel::table! {
    /// What a ratee holds against the own result.
    objection (release, subject) {
        release -> Text,
        subject -> Text,
        reason -> Text,
        words -> Text,
        day -> Text,
    }
}

diesel::table! {
    /// What each side decided about an objection.
    objection_decision (release, subject, side) {
        release -> Text,
        subject -> Text,
        side -> Text,
        opinion -> Text,
        words -> Text,
        day -> Text,
    }
}

diesel::table! {
    /// Every reading of a person's result by an officer.
    reading (id) {
        id -> Text,
        release -> Text,
        subject -> Text,
        side -> Text,
        role -> Text,
        purpose -> Text,
        day -> Text,
    }
}

diesel::table! {
    /// Who agreed to which terms of data use.
    data_use (account, terms) {
        account -> Text,
        terms -> Text,
        day -> Text,
    }
}

diesel::table! {
    /// 征求意见: manuscripts about to be published.
    research_notice (id) {
        id -> Text,
        account -> Text,
        title -> Text,
        release -> Text,
        link -> Nullable<Text>,
        file -> Nullable<Text>,
        day -> Text,
    }
}

diesel::table! {
    /// Whose blocks a correction voids.
    correction_voided (correction) {
        correction -> Text,
        body -> Text,
    }
}

diesel::table! {
    /// The cells of a release that not everybody may read.
    release_reserved (release) {
        release -> Text,
        body -> Text,
    }
}

diesel::table! {
    /// What each side notes about a release's fairness audit.
    fairness_note (release, side) {
        release -> Text,
        side -> Text,
        words -> Text,
        day -> Text,
    }
}

diesel::table! {
    /// What the counts of a box have cost of a year's privacy.
    privacy_spending (box_) {
        #[sql_name = "box"]
        box_ -> Text,
        direction -> Text,
        year -> BigInt,
        epsilon -> BigInt,
        yearly -> BigInt,
        release -> Text,
    }
}
