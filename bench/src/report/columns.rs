//! Which figures of a scenario are told, and which of them is compared with the floor.

/// A column of a table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    /// The figure's name.
    pub(super) figure: &'static str,
    /// How it is headed.
    pub(super) head: &'static str,
    /// Digits behind the point.
    pub(super) digits: usize,
}

const fn column(figure: &'static str, head: &'static str, digits: usize) -> Column {
    Column {
        figure,
        head,
        digits,
    }
}

/// What is told of a scenario. The first column is compared with the floor, and plotted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Columns {
    /// What the scenario is.
    pub(super) title: &'static str,
    /// The columns.
    pub(super) columns: &'static [Column],
    /// Whether deliveries are checked.
    pub(super) checked: bool,
}

const CPU: Column = column("cpu_us_per_delivery", "CPU, µs a delivery", 2);
const P50: Column = column("p50_ms", "p50, ms", 2);
const P99: Column = column("p99_ms", "p99, ms", 2);
const MAX: Column = column("max_ms", "longest, ms", 1);

const FANOUT: &[Column] = &[
    CPU,
    P99,
    column("append_us_per_delivery", "of the CPU the append", 2),
    column("cpu_us_per_delivery_without_append", "without it", 2),
    P50,
    MAX,
];

const DAY: &[Column] = &[
    column("server_busy_percent", "server busy, %", 1),
    P99,
    column("visits_per_second", "visits a second", 0),
    column("connect_p99_ms", "connected and resumed, p99, ms", 2),
    column("inbox_p99_ms", "inbox, p99, ms", 2),
    column("history_p99_ms", "history, p99, ms", 2),
    column("mark_p99_ms", "typed and marked, p99, ms", 2),
];

const MOST: &[Column] = &[
    column("deliveries_per_second", "deliveries a second", 0),
    CPU,
    P99,
    P50,
    column("server_busy_percent", "server busy, %", 0),
    column("generator_busy_percent", "generator busy, %", 0),
];

const PAIRS: &[Column] = &[
    column("messages_per_second", "messages a second", 0),
    CPU,
    P99,
    P50,
    MAX,
];

const IDLE: &[Column] = &[
    column("kib_per_connection", "KiB a connection", 2),
    column("base_mib", "MiB before", 1),
    column("connections_per_second", "opened a second", 0),
    column("server_busy_percent", "server busy, %", 2),
];

const STORM: &[Column] = &[
    column("all_back_s", "all back, s", 2),
    column("cpu_us_per_connection", "CPU, µs a client", 0),
];

const RESTART: &[Column] = &[
    column("all_back_s", "all resumed, s", 2),
    column("gone_s", "of it until it was gone", 2),
    column("start_ms", "start, ms", 0),
    column("cpu_us_per_connection", "CPU, µs a client", 0),
    column("transactions_per_connection", "transactions a client", 2),
];

const FLAT: &[Column] = &[
    column("times_few", "times that beside 10,000", 2),
    column("opening_few_ms", "beside 10,000, p50, ms", 2),
    column("many", "messages", 0),
    column("opening_many_ms", "beside them, p50, ms", 2),
    column("opening_many_p99_ms", "p99, ms", 2),
];

const SENDS: &[Column] = &[
    column("sends_per_second", "messages a second", 0),
    column("singly_per_second", "each its own commit", 0),
    column("times_singly", "times that", 1),
    column("commit_p50_ms", "one commit alone, p50, ms", 2),
    column("commit_p99_ms", "p99, ms", 2),
    column("commits_per_second", "a second", 0),
    column("rare_commit_p50_ms", "one in 100 ms, p50, ms", 2),
    column("rare_commit_p99_ms", "p99 of these, ms", 2),
];

impl Columns {
    /// Those of a scenario.
    pub(super) fn of(scenario: &str) -> Self {
        let (title, columns) = match scenario {
            "fanout-100" => ("A room of 100, 100,000 deliveries a second", FANOUT),
            "fanout-1000" => ("A room of 1,000, 10,000 deliveries a second", FANOUT),
            "fanout-10" => ("100 rooms of 10, 10,000 deliveries a second", FANOUT),
            "day" => (
                "A mixed day: 100 rooms of 10, 400 messages and 50 visits a second",
                DAY,
            ),
            "most" => ("The most that a room of 100 bears", MOST),
            "pairs" => ("100 pairs in ping-pong", PAIRS),
            "idle" => ("10,000 connections that say nothing", IDLE),
            "sends" => ("64 senders in 64 conversations, durable", SENDS),
            "hot" => ("64 senders in one conversation, durable", SENDS),
            "restart" => (
                "A node of 10,000 clients and 100,000 conversations is started again",
                RESTART,
            ),
            "flat" => (
                "Opening an inbox of 1,000 conversations and a page of history, as messages grow",
                FLAT,
            ),
            _ => ("5,000 clients gone at once and back", STORM),
        };
        Self {
            title,
            columns,
            checked: !matches!(scenario, "idle" | "storm" | "restart" | "flat"),
        }
    }

    /// The figure that is compared with the floor.
    pub(super) const fn key(&self) -> Column {
        self.columns[0]
    }
}
