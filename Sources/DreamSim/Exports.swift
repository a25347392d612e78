// One import gives what a program needs: images and their files, metrics and models, comparisons and reports.
@_exported public import DreamSimReports
