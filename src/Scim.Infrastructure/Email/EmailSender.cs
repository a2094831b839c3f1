using System.Net.Sockets;
using MailKit.Net.Smtp;
using MailKit.Security;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using MimeKit;
using Scim.Application.Common;
using Scim.Domain.Errors;
using Scim.Infrastructure.Hosting.Configuration;

namespace Scim.Infrastructure.Email;

/// <summary>Hands messages to an SMTP server, or drops them into a folder where there is none.</summary>
internal sealed partial class EmailSender(
    IOptions<EmailOptions> options,
    TimeProvider clock,
    ILogger<EmailSender> logger
) : IEmailSender
{
    /// <summary>For all that the server is asked, together: others wait for the job's place.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    public async Task SendAsync(EmailMessage message, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(Patience, clock);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        using var mail = Compose(message);
        try
        {
            await (
                options.Value.SmtpHost is { } host
                    ? HandOverAsync(mail, host, ended.Token)
                    : DropAsync(mail, ended.Token)
            );
        }
        catch (Exception exception)
            when (!cancellationToken.IsCancellationRequested && ReasonOf(exception) is { } reason)
        {
            LogNotSent(reason);
            throw ScimError.Unavailable("The message cannot be sent at the moment; try again.");
        }
    }

    private MimeMessage Compose(EmailMessage message) =>
        new()
        {
            From = { MailboxAddress.Parse(options.Value.From ?? "scimplatform@localhost") },
            To = { new MailboxAddress(name: null, message.To) },
            Date = clock.GetUtcNow(),
            Subject = message.Subject,
            Body = new TextPart("plain") { Text = message.Text },
        };

    private async Task HandOverAsync(MimeMessage mail, string host, CancellationToken cancellationToken)
    {
        var settings = options.Value;
        // As everywhere here, a certificate makes us ask no third server about it.
        using var client = new SmtpClient { CheckCertificateRevocation = false };
        var security = settings.SmtpTls ? SecureSocketOptions.StartTls : SecureSocketOptions.None;
        await client.ConnectAsync(host, settings.SmtpPort, security, cancellationToken);
        if (settings.SmtpUser is { } user)
        {
            await client.AuthenticateAsync(user, settings.SmtpPassword ?? "", cancellationToken);
        }

        await client.SendAsync(mail, cancellationToken);
        // Does not mind what the server says to this: it has the message.
        await client.DisconnectAsync(quit: true, cancellationToken);
    }

    private async Task DropAsync(MimeMessage mail, CancellationToken cancellationToken)
    {
        var folder = Path.GetFullPath(options.Value.Folder ?? "./data/mail");
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, $"{Guid.NewGuid():D}.eml");
        await using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read);
        await mail.WriteToAsync(file, cancellationToken);
    }

    // What the server said goes into no log: it likes to repeat the address. Null for what no server is to blame for.
    private static string? ReasonOf(Exception exception) =>
        exception switch
        {
            SmtpCommandException refused => $"the server answered {(int)refused.StatusCode} ({refused.ErrorCode})",
            AuthenticationException => "the server refused the user name or the password",
            SslHandshakeException => "no TLS, or no certificate that is trusted here for this host",
            NotSupportedException =>
                "the server does not offer what the settings ask for, STARTTLS or a way to sign in",
            OperationCanceledException => $"the server took longer than {Patience.TotalSeconds:0} seconds",
            SocketException unreachable => $"no connection ({unreachable.SocketErrorCode})",
            SmtpProtocolException or IOException => "the connection or the file failed",
            _ => null,
        };

    [LoggerMessage(
        EventId = 2201,
        EventName = "EmailNotSent",
        Level = LogLevel.Warning,
        Message = "A message could not be sent: {Reason}"
    )]
    private partial void LogNotSent(string reason);
}
