fn main() {
    // region soak
    assert!(crate_box.soak(Duration::from_millis(500))?);
    // endregion
}
