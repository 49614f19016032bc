// region soak
if (!box.soak(500)) throw new Error('dry');
// endregion
