-- The marts that reports read, with the columns that they read.
create table marts.rpt_kpi_values (
    kpi varchar,
    variant varchar,
    period varchar,
    segment varchar,
    numerator bigint,
    denominator bigint,
    value decimal(38,9),
    target decimal(38,9),
    target_low decimal(38,9),
    target_high decimal(38,9),
    benchmark_low decimal(38,9),
    benchmark_high decimal(38,9),
    unit varchar,
    direction varchar,
    basis varchar,
    owner varchar,
    n bigint,
    low decimal(38,9),
    high decimal(38,9),
    currency varchar,
    is_mature boolean,
    missing_reason varchar,
    build_id varchar
);
create table marts.rpt_funnel_cohorts (
    view varchar,
    cohort_month date,
    cohort_basis varchar,
    channel varchar,
    step_position bigint,
    from_stage varchar,
    to_stage varchar,
    numerator bigint,
    denominator bigint,
    numerator_implied bigint,
    is_mature boolean,
    window_days bigint,
    build_id varchar
);
create table marts.rpt_attribution_by_channel (
    attribution_model varchar,
    conversion_kind varchar,
    channel varchar,
    month date,
    month_basis varchar,
    credited_conversions decimal(38,12),
    credited_minor bigint,
    currency varchar,
    level_asked varchar,
    build_id varchar
);
create table marts.rpt_attribution_claims (
    conversion_kind varchar,
    month date,
    touches_of varchar,
    counting varchar,
    conversions bigint,
    revenue_minor bigint,
    marketing_claim_minor bigint,
    sales_claim_minor bigint,
    build_id varchar
);
create table marts.rpt_attribution_coverage (
    conversion_kind varchar,
    month date,
    dimension varchar,
    value varchar,
    conversions bigint,
    revenue_minor bigint,
    build_id varchar
);
create table marts.fct_attribution_credits (
    conversion_id varchar,
    conversion_kind varchar,
    touch_id varchar,
    attribution_model varchar,
    credited_minor bigint,
    currency varchar,
    channel varchar,
    team varchar,
    unattributed_reason varchar,
    level_asked varchar,
    build_id varchar
);
create table marts.fct_conversions (
    conversion_id varchar,
    kind varchar,
    deal_id varchar,
    revenue_reporting_minor bigint,
    build_id varchar
);
create table marts.fct_leads (
    lead_id varchar,
    created_at timestamp,
    build_id varchar
);
create table marts.fct_deals (
    deal_id varchar,
    lead_id varchar,
    won_at timestamp,
    currency varchar,
    amount_minor bigint,
    paid_minor bigint,
    refunded_minor bigint,
    build_id varchar
);
create table marts.fct_lead_scores (
    lead_id varchar,
    scorer varchar,
    moment varchar,
    score decimal(38,9),
    band varchar,
    build_id varchar
);
create table marts.rpt_score_comparison (
    metric varchar,
    segment varchar,
    matrix decimal(38,9),
    learned decimal(38,9),
    difference decimal(38,9),
    low decimal(38,9),
    high decimal(38,9),
    verdict varchar,
    verdict_reason varchar,
    n bigint,
    build_id varchar
);
create table marts.rpt_unmapped_stages (
    source_system varchar,
    pipeline varchar,
    source_stage varchar,
    events bigint,
    build_id varchar
);
create table marts.rpt_quarantine (
    source varchar,
    stream varchar,
    file_name varchar,
    column_name varchar,
    scope varchar,
    reason varchar,
    shape varchar,
    occurrences bigint,
    first_row_number bigint,
    build_id varchar
);
create table marts.rpt_pulls (
    source varchar,
    stream varchar,
    pull bigint,
    file_name varchar,
    rows_in bigint,
    rows bigint,
    quarantined bigint,
    observed_at timestamp,
    is_read boolean,
    build_id varchar
);
create table marts.rpt_quarantined_rows (
    source varchar,
    stream varchar,
    pull bigint,
    file_name varchar,
    line_number bigint,
    row_number bigint,
    column_name varchar,
    contract varchar,
    scope varchar,
    reason varchar,
    shape varchar,
    build_id varchar
);
create table marts.rpt_expectations (
    contract varchar,
    expectation varchar,
    severity varchar,
    is_met boolean,
    rows_checked bigint,
    rows_failed bigint,
    failing_keys varchar,
    description varchar,
    build_id varchar
);
create table marts.rpt_findings (
    source varchar,
    stream varchar,
    file_name varchar,
    column_name varchar,
    finding varchar,
    occurrences bigint,
    rows_checked bigint,
    message varchar,
    build_id varchar
);
create table marts.rpt_reconciliation (
    subject varchar,
    source varchar,
    stream varchar,
    measure varchar,
    currency varchar,
    in_files decimal(38,0),
    quarantined decimal(38,0),
    in_contract decimal(38,0),
    in_mart decimal(38,0),
    excluded decimal(38,0),
    is_reconciled boolean,
    explanation varchar,
    build_id varchar
);
create table marts.rpt_data_oddities (
    kind varchar,
    entity varchar,
    entity_id varchar,
    message varchar,
    source_record_key varchar,
    build_id varchar
);
create table marts.dim_labels (
    label_key varchar,
    en varchar,
    ru varchar,
    fa varchar,
    build_id varchar
);
