document.title = "Sheaf";
