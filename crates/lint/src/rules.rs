//! The lints, by name. Written by `cargo xtask codegen`.

mod all_of_them;
mod ambiguous_value;
mod bad_date;
mod bad_related_id;
mod car_tag;
mod contains_missing;
mod control_character;
mod cve_tag;
mod d3fend_tag;
mod detection_tag;
mod double_wildcard;
mod duplicate_id;
mod duplicate_reference;
mod duplicate_tag;
mod duplicate_title;
mod duplicate_value;
mod empty_keyword;
mod escaped_wildcard;
mod event_id_with_category;
mod field_letter_case;
mod fields_key;
mod file_name_length;
mod file_name_prefix;
mod file_name_style;
mod invalid_hash;
mod link_in_description;
mod localized_user;
mod lower_case_falsepositive;
mod malformed_id;
mod missing_author;
mod missing_date;
mod missing_description;
mod missing_id;
mod missing_level;
mod misspelt_falsepositive;
mod modified_not_later;
mod no_difference;
mod number_as_text;
mod of_one_selection;
mod of_without_asterisk;
mod provider_with_category;
mod redundant_field;
mod repeated_modifier;
mod retired_technique;
mod short_description;
mod space_in_field;
mod specific_logsource;
mod stp_tag;
mod sysmon_without_event_id;
mod tag_format;
mod technique_without_tactic;
mod them_for_one_selection;
mod tlp_tag;
mod unhelpful_falsepositive;
mod unknown_attack_tag;
mod unknown_attribute;
mod unknown_logsource;
mod unknown_logsource_key;
mod unknown_tag_namespace;
mod unused_selection;
mod wildcards_for_modifier;

use crate::Lint;

/// Every lint.
#[rustfmt::skip]
pub static LINTS: &[&Lint] = &[
    &all_of_them::LINT,
    &ambiguous_value::LINT,
    &bad_date::LINT,
    &bad_related_id::LINT,
    &car_tag::LINT,
    &contains_missing::LINT,
    &control_character::LINT,
    &cve_tag::LINT,
    &d3fend_tag::LINT,
    &detection_tag::LINT,
    &double_wildcard::LINT,
    &duplicate_id::LINT,
    &duplicate_reference::LINT,
    &duplicate_tag::LINT,
    &duplicate_title::LINT,
    &duplicate_value::LINT,
    &empty_keyword::LINT,
    &escaped_wildcard::LINT,
    &event_id_with_category::LINT,
    &field_letter_case::LINT,
    &fields_key::LINT,
    &file_name_length::LINT,
    &file_name_prefix::LINT,
    &file_name_style::LINT,
    &invalid_hash::LINT,
    &link_in_description::LINT,
    &localized_user::LINT,
    &lower_case_falsepositive::LINT,
    &malformed_id::LINT,
    &missing_author::LINT,
    &missing_date::LINT,
    &missing_description::LINT,
    &missing_id::LINT,
    &missing_level::LINT,
    &misspelt_falsepositive::LINT,
    &modified_not_later::LINT,
    &no_difference::LINT,
    &number_as_text::LINT,
    &of_one_selection::LINT,
    &of_without_asterisk::LINT,
    &provider_with_category::LINT,
    &redundant_field::LINT,
    &repeated_modifier::LINT,
    &retired_technique::LINT,
    &short_description::LINT,
    &space_in_field::LINT,
    &specific_logsource::LINT,
    &stp_tag::LINT,
    &sysmon_without_event_id::LINT,
    &tag_format::LINT,
    &technique_without_tactic::LINT,
    &them_for_one_selection::LINT,
    &tlp_tag::LINT,
    &unhelpful_falsepositive::LINT,
    &unknown_attack_tag::LINT,
    &unknown_attribute::LINT,
    &unknown_logsource::LINT,
    &unknown_logsource_key::LINT,
    &unknown_tag_namespace::LINT,
    &unused_selection::LINT,
    &wildcards_for_modifier::LINT,
];
