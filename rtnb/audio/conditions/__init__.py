"""What happens to speech on its way: noise, rooms, distance, telephones, loudspeakers."""
