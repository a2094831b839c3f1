using System.Net;
using System.Net.Mail;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Scim.Application.Common;
using Scim.Domain.Errors;
using Scim.Infrastructure.Hosting.Configuration;

namespace Scim.Infrastructure.Email;

/// <summary>Hands messages to an SMTP server, or drops them into a folder where there is none.</summary>
internal sealed partial class EmailSender(IOptions<EmailOptions> options, ILogger<EmailSender> logger) : IEmailSender
{
    private const int TimeoutMilliseconds = 15_000;

    public async Task SendAsync(EmailMessage message, CancellationToken cancellationToken)
    {
        var settings = options.Value;
        using var mail = new MailMessage(settings.From ?? "scimplatform@localhost", message.To)
        {
            Subject = message.Subject,
            Body = message.Text,
        };
        using var client = Client(settings);
        try
        {
            await client.SendMailAsync(mail, cancellationToken);
        }
        catch (Exception exception) when (exception is SmtpException or IOException)
        {
            LogNotSent(exception);
            throw ScimError.Unavailable("The message cannot be sent at the moment; try again.");
        }
    }

    private static SmtpClient Client(EmailOptions settings)
    {
        if (settings.SmtpHost is { } host)
        {
            return new SmtpClient(host, settings.SmtpPort)
            {
                EnableSsl = settings.SmtpTls,
                Timeout = TimeoutMilliseconds,
                Credentials = settings.SmtpUser is null
                    ? null
                    : new NetworkCredential(settings.SmtpUser, settings.SmtpPassword),
            };
        }

        var folder = Path.GetFullPath(settings.Folder ?? "./data/mail");
        Directory.CreateDirectory(folder);
        return new SmtpClient
        {
            DeliveryMethod = SmtpDeliveryMethod.SpecifiedPickupDirectory,
            PickupDirectoryLocation = folder,
        };
    }

    [LoggerMessage(
        EventId = 2201,
        EventName = "EmailNotSent",
        Level = LogLevel.Warning,
        Message = "A message could not be sent"
    )]
    private partial void LogNotSent(Exception exception);
}
