//! The guide shows the code as it is.

const GUIDE: &str = include_str!("../../../docs/embedding.md");

const SOURCES: [&str; 6] = [
    include_str!("../src/customers.rs"),
    include_str!("../src/lib.rs"),
    include_str!("../src/login.rs"),
    include_str!("../src/main.rs"),
    include_str!("../src/orders.rs"),
    include_str!("../src/routes.rs"),
];

/// The lines without their indentation: the guide shows parts of functions.
fn flat(code: &str) -> String {
    code.lines().map(str::trim).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_guide_shows_the_code_as_it_is() {
    let own_tests = include_str!("customers.rs");
    let sources: Vec<_> = SOURCES.into_iter().chain([own_tests]).map(flat).collect();
    let mut shown = 0;
    for block in GUIDE.split("```rust\n").skip(1) {
        let code = flat(block.split("```").next().unwrap_or_default());
        let found = sources.iter().any(|source| source.contains(code.trim()));
        assert!(found, "not in examples/embed:\n{code}");
        shown += 1;
    }
    assert!(shown > 0, "the guide shows code");
}
