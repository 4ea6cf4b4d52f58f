//! The tables as the queries see them; the truth stands in `migrations/agent`.

diesel::table! {
    ballot_box (id) {
        id -> Text,
        state -> Text,
        secrets -> Nullable<Binary>,
        manifest_hash -> Nullable<Text>,
        manifest -> Nullable<Text>,
        lists -> BigInt,
        batches -> BigInt,
        mixed -> Nullable<Text>,
        listed -> Nullable<Text>,
        handed -> BigInt,
    }
}

diesel::table! {
    member (number) {
        number -> Text,
        name -> Text,
        code_key -> Binary,
    }
}

diesel::table! {
    enrolment (box_id, rater, request_key) {
        box_id -> Text,
        rater -> Text,
        request_key -> Binary,
        state -> Text,
    }
}

diesel::table! {
    eligible (box_id, list, invitation) {
        box_id -> Text,
        list -> BigInt,
        invitation -> Text,
        rater -> Text,
        entry -> Text,
    }
}

diesel::table! {
    extension (box_id, cast_until) {
        box_id -> Text,
        cast_until -> Text,
        hash -> Text,
    }
}

diesel::table! {
    mark (box_id, kind, subject) {
        box_id -> Text,
        kind -> Text,
        subject -> Text,
        element -> Binary,
    }
}

diesel::table! {
    spent (box_id, leaf) {
        box_id -> Text,
        leaf -> Binary,
        batch -> BigInt,
        stamp -> Binary,
        seq -> BigInt,
        envelope -> Binary,
    }
}

diesel::table! {
    refused (box_id, leaf) {
        box_id -> Text,
        leaf -> Binary,
    }
}

diesel::table! {
    leaf (box_id, place) {
        box_id -> Text,
        place -> BigInt,
        #[sql_name = "leaf"]
        hash -> Binary,
    }
}

diesel::table! {
    said (request) {
        request -> Binary,
        box_id -> Text,
        kind -> Text,
        signed -> Text,
    }
}

diesel::table! {
    journal (number) {
        number -> BigInt,
        day -> Text,
        request -> Text,
        signed -> Text,
        previous -> Text,
        hash -> Text,
    }
}

diesel::table! {
    asked (request) {
        request -> Binary,
        box_id -> Text,
        day -> Text,
        body -> Text,
    }
}

diesel::table! {
    approved (request) {
        request -> Binary,
        seal -> Binary,
    }
}

diesel::table! {
    box_file (box_id, digest, part) {
        box_id -> Text,
        digest -> Binary,
        part -> Text,
    }
}

diesel::table! {
    package (direction) {
        direction -> Text,
        sequence -> BigInt,
        digest -> Binary,
        body -> Text,
    }
}

diesel::table! {
    inbox (request) {
        request -> Binary,
        box_id -> Text,
        #[sql_name = "package"]
        number -> BigInt,
        place -> BigInt,
        body -> Text,
    }
}

diesel::allow_tables_to_appear_in_same_query!(spent, leaf);
