func main() {
	// region soak
	if !must(box.Soak(500 * time.Millisecond)) {
		log.Fatal("dry")
	}
	// endregion
}
