//! The lints, by name. Written by `cargo xtask codegen`.

mod all_of_one_value;
mod all_of_them;
mod ambiguous_value;
mod attack_link;
mod bad_date;
mod bad_related_id;
mod branch_link;
mod car_tag;
mod contains_missing;
mod contradicting_tags;
mod control_character;
mod correlation_file_name;
mod covered_value;
mod cve_tag;
mod d3fend_tag;
mod detection_tag;
mod double_wildcard;
mod duplicate_file_name;
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
mod lone_temporal_rule;
mod long_title;
mod lost_case;
mod lower_case_falsepositive;
mod malformed_id;
mod missing_author;
mod missing_date;
mod missing_description;
mod missing_folder_tag;
mod missing_id;
mod missing_level;
mod missing_status;
mod misspelt_falsepositive;
mod modified_not_later;
mod modified_without_date;
mod no_difference;
mod number_as_text;
mod of_one_selection;
mod of_without_asterisk;
mod plain_regex;
mod provider_with_category;
mod redundant_field;
mod repeated_modifier;
mod restricted_tlp;
mod retired_status;
mod retired_technique;
mod short_description;
mod space_in_field;
mod specific_logsource;
mod stp_tag;
mod sysmon_without_event_id;
mod tag_format;
mod technique_without_tactic;
mod them_for_one_selection;
mod title_case;
mod title_detects;
mod title_full_stop;
mod tlp_tag;
mod ungrouped_correlation;
mod unhelpful_falsepositive;
mod unknown_attack_tag;
mod unknown_attribute;
mod unknown_field;
mod unknown_logsource;
mod unknown_logsource_key;
mod unknown_tag_namespace;
mod untested_rule;
mod unused_selection;
mod wildcards_for_modifier;

use crate::Lint;

/// Every lint.
#[rustfmt::skip]
pub static LINTS: &[&Lint] = &[
    &all_of_one_value::LINT,
    &all_of_them::LINT,
    &ambiguous_value::LINT,
    &attack_link::LINT,
    &bad_date::LINT,
    &bad_related_id::LINT,
    &branch_link::LINT,
    &car_tag::LINT,
    &contains_missing::LINT,
    &contradicting_tags::LINT,
    &control_character::LINT,
    &correlation_file_name::LINT,
    &covered_value::LINT,
    &cve_tag::LINT,
    &d3fend_tag::LINT,
    &detection_tag::LINT,
    &double_wildcard::LINT,
    &duplicate_file_name::LINT,
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
    &lone_temporal_rule::LINT,
    &long_title::LINT,
    &lost_case::LINT,
    &lower_case_falsepositive::LINT,
    &malformed_id::LINT,
    &missing_author::LINT,
    &missing_date::LINT,
    &missing_description::LINT,
    &missing_folder_tag::LINT,
    &missing_id::LINT,
    &missing_level::LINT,
    &missing_status::LINT,
    &misspelt_falsepositive::LINT,
    &modified_not_later::LINT,
    &modified_without_date::LINT,
    &no_difference::LINT,
    &number_as_text::LINT,
    &of_one_selection::LINT,
    &of_without_asterisk::LINT,
    &plain_regex::LINT,
    &provider_with_category::LINT,
    &redundant_field::LINT,
    &repeated_modifier::LINT,
    &restricted_tlp::LINT,
    &retired_status::LINT,
    &retired_technique::LINT,
    &short_description::LINT,
    &space_in_field::LINT,
    &specific_logsource::LINT,
    &stp_tag::LINT,
    &sysmon_without_event_id::LINT,
    &tag_format::LINT,
    &technique_without_tactic::LINT,
    &them_for_one_selection::LINT,
    &title_case::LINT,
    &title_detects::LINT,
    &title_full_stop::LINT,
    &tlp_tag::LINT,
    &ungrouped_correlation::LINT,
    &unhelpful_falsepositive::LINT,
    &unknown_attack_tag::LINT,
    &unknown_attribute::LINT,
    &unknown_field::LINT,
    &unknown_logsource::LINT,
    &unknown_logsource_key::LINT,
    &unknown_tag_namespace::LINT,
    &untested_rule::LINT,
    &unused_selection::LINT,
    &wildcards_for_modifier::LINT,
];
