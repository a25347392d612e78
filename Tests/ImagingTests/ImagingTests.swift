import Testing

@Test("placeholder Imaging") func placeholderImaging() {}
