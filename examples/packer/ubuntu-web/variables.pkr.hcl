variable "location" {
  type        = string
  default     = "westeurope"
  description = "Where the image is built."
}

variable "image_name" {
  type = string

  validation {
    condition     = length(var.image_name) > 3 && can(regex("^[a-z]", var.image_name))
    error_message = "The name begins with a letter and has more than three characters."
  }
}

variable "packages" {
  type    = list(string)
  default = ["nginx", "curl"]
}

variable "tags" {
  type    = map(string)
  default = {}
}

variable "client_secret" {
  type      = string
  sensitive = true
}
