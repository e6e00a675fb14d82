"""What `SummaryWriter` writes, by kind: arrays in, `Summary` protos out."""
