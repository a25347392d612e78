// Small models for every test of this target.
@_exported import ModelTestSupport
