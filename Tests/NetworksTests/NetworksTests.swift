import Testing

@Test("placeholder Networks") func placeholderNetworks() {}
