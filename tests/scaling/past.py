"""An hour of looks with a rush in it, as a scaler would have stored them: for pages that show what happened lately."""

HOUR = """
with term as (insert into scaling.term (leader) values ('scaler-1') returning id),
told as (
    select at, 40 + 400 * exp(-(((minutes - 35) / 6) ^ 2)) as rush from (
        select now() - make_interval(secs => 5 * n) as at, 60 - n / 12.0 as minutes from generate_series(0, 719) n
    ) times where minutes not between 12 and 17
),
looks as (
    insert into scaling.look (term, at, sample, figures, web_wish, workers_wish)
    select term.id, at,
           jsonb_build_object('at', extract(epoch from at), 'web', 2, 'workers', 1, 'web_asked', 2, 'workers_asked', 1, 'in_flight', rush / 20,
               'response_ms', 60 + 1.2 * rush, 'cpu_percent', rush / 6, 'memory_percent', 41.5, 'error_percent', 0.1, 'shed_percent', 0.0,
               'active_users', 1200, 'waiting', (rush / 8)::int, 'oldest_s', rush / 50, 'ready_for', 2.0),
           jsonb_build_object('processes', jsonb_build_array(
                   jsonb_build_object('name', 'web-1', 'role', 'web', 'pid', 4711, 'is_ready', true, 'limit', 100, 'in_flight', 4.2,
                       'per_second', rush / 2, 'p95_ms', 60 + 1.2 * rush, 'error_percent', 0.1, 'shed_percent', 0.0, 'lag_ms', 3.1,
                       'cpu_percent', rush / 6, 'memory_bytes', 182000000, 'memory_percent', 41.5, 'sockets', 320),
                   jsonb_build_object('name', 'web-2', 'role', 'web', 'pid', 4712, 'is_ready', true, 'limit', 100),
                   jsonb_build_object('name', 'worker-1', 'role', 'worker', 'pid', 4713, 'is_ready', false, 'limit', 16)),
               'web', 2 + (rush > 200)::int, 'workers', 1, 'limit', 100, 'in_flight', rush / 20, 'per_second', rush, 'all_per_second', 3 * rush, 'p50_ms', 20 + rush / 4,
               'p95_ms', 60 + 1.2 * rush, 'p99_ms', 90 + 1.9 * rush, 'error_percent', greatest(0.0, (rush - 300) / 60),
               'shed_percent', greatest(0.0, (rush - 380) / 20), 'lag_ms', 3.1, 'cpu_percent', rush / 6, 'memory_percent', 41.5,
               'sockets', 640, 'active_people', 1200, 'waiting', (rush / 8)::int, 'oldest_s', rush / 50, 'event_lag_s', 0.4,
               'traffic', '{"took": {"africa": {"18": 20, "24": 2}, "europe": {"26": 3}, "phone": {"18": 18, "24": 2}, "desktop": {"20": 5}}, "regions": [{"name": "africa", "per_second": 30.4, "failed": 0.1}, {"name": "europe", "per_second": 6.1, "failed": 0}, {"name": "north-america", "per_second": 3.5, "failed": 0}],
                   "devices": [{"name": "phone", "per_second": 33, "failed": 0.1}, {"name": "desktop", "per_second": 7, "failed": 0}], "statuses": [{"name": "2xx", "per_second": 34, "failed": 0}, {"name": "3xx", "per_second": 4.4, "failed": 0}, {"name": "4xx", "per_second": 1.5, "failed": 0}, {"name": "5xx", "per_second": 0.1, "failed": 0.1}],
                   "caches": [{"name": "hit", "per_second": 20, "failed": 0}, {"name": "not-modified", "per_second": 4, "failed": 0}, {"name": "filled", "per_second": 1.5, "failed": 0}, {"name": "copied", "per_second": 0.8, "failed": 0}, {"name": "stale", "per_second": 0.3, "failed": 0}],
                   "routes": [{"name": "/api/jobs/{job_id}", "per_second": 0.1, "failed": 0.1}]}'::jsonb),
           2, 1
    from told, term
),
decisions as (
    insert into scaling.decision (term, at, until, looks, web_before, workers_before, web, workers, actions, reasons, sample, outcome)
    select term.id, now() - ago, now() - ago + held, (extract(epoch from held) / 5)::int + 1, before, 1, after, 1, actions, reasons,
           '{"at": 0, "web": 2, "workers": 1, "web_asked": 2, "workers_asked": 1}', outcome
    from term, (values
        (interval '26 minutes', interval '0', 2, 3, array['scale_up_instances'], array['answers take 540 ms'], 'asked'),
        (interval '14 minutes', interval '0', 3, 2, array[]::text[], array['42 requests are in flight, 50 to a process'], 'asked'),
        (interval '13 minutes', interval '13 minutes', 2, 2, array['investigate_issues'], array['9 requests are in flight, 50 to a process'], 'held')
    ) as made (ago, held, before, after, actions, reasons, outcome) returning id
)
insert into scaling.incident (action, what, decision, opened, closed)
select 'investigate_issues', '1.9 % of the requests fail', max(id), now() - interval '9 days', now() - interval '9 days' + interval '8 minutes'
from decisions
union all select 'investigate_issues', '2.3 % of the requests fail', max(id), now() - interval '12 minutes', null from decisions
"""
