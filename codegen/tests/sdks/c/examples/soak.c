int main(void) {
  // region soak
  if (net_crate_box_soak(box, 500, &wet, NULL) != 0) return 1;
  // endregion
}
