"""What recordings say was used against what the vendor's export says."""
