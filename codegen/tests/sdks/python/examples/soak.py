def main() -> None:
    # region soak
    if not box.soak(500):
        raise SystemExit("dry")
    # endregion
